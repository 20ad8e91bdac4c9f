-- one row per track_id and artist_position: the credits of the latest observation that has any
-- key: track_id, artist_position
-- anew: touched_tracks (track_id)
-- generated from marts/track_credits.sql by scripts/dialects.py: change that, `make dialects`
WITH latest AS (
  SELECT
    o.feed,
    o.slot,
    o.track_id,
    row_number() OVER (PARTITION BY o.track_id ORDER BY o.observed_at DESC NULLS LAST, o.feed, o.slot) AS place
  FROM track_observations AS o
  INNER JOIN touched_tracks AS t
    ON t.track_id = o.track_id
  INNER JOIN track_artists AS c
    ON c.feed = o.feed AND c.slot = o.slot AND c.track_id = o.track_id AND c.artist_position = 1
)
SELECT
  c.track_id,
  c.artist_position,
  c.artist_id,
  c.artist_name
FROM track_artists AS c
INNER JOIN latest AS l
  ON l.feed = c.feed AND l.slot = c.slot AND l.track_id = c.track_id
WHERE
  l.place = 1
ORDER BY
  c.track_id,
  c.artist_position
