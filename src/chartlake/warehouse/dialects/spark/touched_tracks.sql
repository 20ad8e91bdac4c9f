-- one row per track_id that stands, or is told of, in a touched slot
-- of: tables
-- generated from state/touched_tracks.sql by scripts/dialects.py: change that, `make dialects`
SELECT
  e.track_id
FROM entries AS e
INNER JOIN touched_slots AS s
  ON s.feed = e.feed AND s.slot = e.slot
WHERE
  e.track_id IS NOT NULL
UNION
SELECT
  o.track_id
FROM track_observations AS o
INNER JOIN touched_slots AS s
  ON s.feed = o.feed AND s.slot = o.slot
UNION
SELECT
  c.track_id
FROM track_artists AS c
INNER JOIN touched_slots AS s
  ON s.feed = c.feed AND s.slot = c.slot
