-- one row per track_id: of each attribute the latest that was seen, in any feed
-- key: track_id
-- anew: touched_tracks (track_id)
-- an answer in short must not hide what a whole one told before: a null never wins
-- generated from marts/tracks.sql by scripts/dialects.py: change that, `make dialects`
WITH ranked AS (
  SELECT
    o.track_id,
    first_value(track_name) IGNORE NULLS OVER (PARTITION BY o.track_id ORDER BY observed_at DESC NULLS LAST, feed, slot) AS track_name,
    first_value(album_id) IGNORE NULLS OVER (PARTITION BY o.track_id ORDER BY observed_at DESC NULLS LAST, feed, slot) AS album_id,
    first_value(isrc) IGNORE NULLS OVER (PARTITION BY o.track_id ORDER BY observed_at DESC NULLS LAST, feed, slot) AS isrc,
    first_value(disc_number) IGNORE NULLS OVER (PARTITION BY o.track_id ORDER BY observed_at DESC NULLS LAST, feed, slot) AS disc_number,
    first_value(track_number) IGNORE NULLS OVER (PARTITION BY o.track_id ORDER BY observed_at DESC NULLS LAST, feed, slot) AS track_number,
    first_value(duration_ms) IGNORE NULLS OVER (PARTITION BY o.track_id ORDER BY observed_at DESC NULLS LAST, feed, slot) AS duration_ms,
    first_value(explicit) IGNORE NULLS OVER (PARTITION BY o.track_id ORDER BY observed_at DESC NULLS LAST, feed, slot) AS explicit,
    first_value(popularity) IGNORE NULLS OVER (PARTITION BY o.track_id ORDER BY observed_at DESC NULLS LAST, feed, slot) AS popularity,
    observed_at,
    row_number() OVER (PARTITION BY o.track_id ORDER BY observed_at DESC NULLS LAST, feed, slot) AS place
  FROM track_observations AS o
  INNER JOIN touched_tracks AS t
    ON t.track_id = o.track_id
)
SELECT
  track_id,
  track_name,
  album_id,
  isrc,
  disc_number,
  track_number,
  duration_ms,
  explicit,
  popularity,
  observed_at
FROM ranked
WHERE
  place = 1
ORDER BY
  track_id
