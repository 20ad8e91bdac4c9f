-- one row per album_id and artist_position: the credits of the latest observation that has any
-- key: album_id, artist_position
-- anew: touched_albums (album_id)
-- generated from marts/album_credits.sql by scripts/dialects.py: change that, `make dialects`
WITH latest AS (
  SELECT
    o.feed,
    o.slot,
    o.album_id,
    row_number() OVER (PARTITION BY o.album_id ORDER BY o.observed_at DESC NULLS LAST, o.feed, o.slot) AS place
  FROM album_observations AS o
  INNER JOIN touched_albums AS t
    ON t.album_id = o.album_id
  INNER JOIN album_artists AS c
    ON c.feed = o.feed AND c.slot = o.slot AND c.album_id = o.album_id AND c.artist_position = 1
)
SELECT
  c.album_id,
  c.artist_position,
  c.artist_id,
  c.artist_name
FROM album_artists AS c
INNER JOIN latest AS l
  ON l.feed = c.feed AND l.slot = c.slot AND l.album_id = c.album_id
WHERE
  l.place = 1
ORDER BY
  c.album_id,
  c.artist_position
