-- one row per item_key that stands in scope, or in a feed that is another market's now
-- of: item_profiles
-- generated from state/touched_markets.sql by scripts/dialects.py: change that, `make dialects`
SELECT
  item_key
FROM touched_items
UNION
SELECT
  p.item_key
FROM item_profiles AS p
INNER JOIN moved_feeds AS f
  ON f.feed = p.feed
