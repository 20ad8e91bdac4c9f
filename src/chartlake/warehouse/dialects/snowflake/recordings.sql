-- one row per track_id that was in a list or observed: the recording that it is
-- key: track_id
-- anew: touched_recordings (recording_key)
-- counted_as is the id of the recording that was seen first
-- generated from marts/recordings.sql by scripts/dialects.py: change that, `make dialects`
WITH matched AS (
  SELECT
    k.track_id,
    k.recording_key,
    k.matched_by,
    i.isrc,
    i.item_name,
    i.artist_names,
    i.first_slot
  FROM recording_keys AS k
  INNER JOIN touched_recordings AS r
    ON r.recording_key = k.recording_key
  INNER JOIN track_identities AS i
    ON i.track_id = k.track_id
)
SELECT
  track_id,
  recording_key,
  matched_by,
  first_value(track_id) OVER (PARTITION BY recording_key ORDER BY first_slot, track_id) AS counted_as,
  count(*) OVER (PARTITION BY recording_key) AS track_ids,
  isrc,
  item_name,
  artist_names,
  first_slot
FROM matched
ORDER BY
  recording_key,
  first_slot,
  track_id
