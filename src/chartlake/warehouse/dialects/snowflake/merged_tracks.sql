-- one row per track_id that counts as another one of its recording
-- key: track_id
-- none, unless recordings count as one
-- generated from views/merged_tracks.sql by scripts/dialects.py: change that, `make dialects`
SELECT
  r.track_id,
  r.counted_as
FROM recordings AS r
INNER JOIN chart_options AS o
  ON o.name = 'recordings' AND o.value = 'as-one'
WHERE
  r.counted_as <> r.track_id
