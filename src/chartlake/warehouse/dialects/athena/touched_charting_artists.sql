-- one row per feed and artist_key with an entry in scope, or in the edition before it
-- of: artist_editions
-- generated from state/touched_charting_artists.sql by scripts/dialects.py: change that, `make dialects`
SELECT DISTINCT
  a.feed,
  a.artist_key
FROM artist_editions AS a
INNER JOIN scope AS s
  ON s.feed = a.feed AND a.ordinal >= s.first_ordinal - 1
