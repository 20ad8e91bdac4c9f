-- one row per artist_id that is told of in a touched slot
-- of: tables
-- generated from state/touched_artists.sql by scripts/dialects.py: change that, `make dialects`
SELECT DISTINCT
  o.artist_id
FROM artist_observations AS o
INNER JOIN touched_slots AS s
  ON s.feed = o.feed AND s.slot = o.slot
