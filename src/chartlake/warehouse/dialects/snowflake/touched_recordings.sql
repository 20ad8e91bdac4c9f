-- one row per recording that gains, loses or keeps a touched track
-- of: recording_keys
-- generated from state/touched_recordings.sql by scripts/dialects.py: change that, `make dialects`
SELECT DISTINCT
  k.recording_key
FROM recording_keys AS k
INNER JOIN touched_keys AS t
  ON t.track_id = k.track_id
