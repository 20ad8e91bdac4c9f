-- one row per feed and item_key that stands in a touched slot
-- of: tables
-- generated from state/touched_entries.sql by scripts/dialects.py: change that, `make dialects`
SELECT DISTINCT
  e.feed,
  e.item_key
FROM entries AS e
INNER JOIN touched_slots AS s
  ON s.feed = e.feed AND s.slot = e.slot
WHERE
  e.item_key IS NOT NULL
