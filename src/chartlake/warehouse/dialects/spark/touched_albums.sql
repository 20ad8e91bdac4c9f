-- one row per album_id that is told of in a touched slot
-- of: tables
-- generated from state/touched_albums.sql by scripts/dialects.py: change that, `make dialects`
SELECT
  o.album_id
FROM album_observations AS o
INNER JOIN touched_slots AS s
  ON s.feed = o.feed AND s.slot = o.slot
UNION
SELECT
  c.album_id
FROM album_artists AS c
INNER JOIN touched_slots AS s
  ON s.feed = c.feed AND s.slot = c.slot
