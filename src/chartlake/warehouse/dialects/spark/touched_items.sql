-- one row per feed and item_key that stands in scope, or in the edition before it
-- of: chart_movements
-- generated from state/touched_items.sql by scripts/dialects.py: change that, `make dialects`
SELECT DISTINCT
  m.feed,
  m.item_key
FROM chart_movements AS m
INNER JOIN scope AS s
  ON s.feed = m.feed AND m.ordinal >= s.first_ordinal - 1
