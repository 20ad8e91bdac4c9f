-- one row per track_id whose recording is asked for again: touched ones, and those of the same text
-- of: track_identities
-- generated from state/touched_keys.sql by scripts/dialects.py: change that, `make dialects`
SELECT
  t.track_id
FROM touched_tracks AS t
UNION
SELECT
  i.track_id
FROM track_identities AS i
INNER JOIN touched_texts AS t
  ON t.text_key = i.text_key
