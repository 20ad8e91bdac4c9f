-- one row per text that a touched track has, or had
-- of: track_identities
-- generated from state/touched_texts.sql by scripts/dialects.py: change that, `make dialects`
SELECT DISTINCT
  i.text_key
FROM track_identities AS i
INNER JOIN touched_tracks AS t
  ON t.track_id = i.track_id
WHERE
  i.text_key IS NOT NULL
