-- one row per feed and item_key whose time on the chart, or whose release, is looked at again
-- of: item_profiles
-- generated from state/touched_releases.sql by scripts/dialects.py: change that, `make dialects`
SELECT
  feed,
  item_key
FROM touched_items
UNION
SELECT
  p.feed,
  p.item_key
FROM item_profiles AS p
INNER JOIN touched_tracks AS t
  ON t.track_id = p.track_id
UNION
SELECT
  p.feed,
  p.item_key
FROM item_profiles AS p
INNER JOIN tracks AS t
  ON t.track_id = p.track_id
INNER JOIN touched_albums AS a
  ON a.album_id = t.album_id
UNION
SELECT
  p.feed,
  p.item_key
FROM item_profiles AS p
INNER JOIN touched_albums AS a
  ON a.album_id = p.item_key
