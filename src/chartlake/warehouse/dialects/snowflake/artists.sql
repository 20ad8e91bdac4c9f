-- one row per artist_id: of each attribute the latest that was seen, in any feed
-- key: artist_id
-- anew: touched_artists (artist_id)
-- an answer in short must not hide what a whole one told before: a null never wins
-- generated from marts/artists.sql by scripts/dialects.py: change that, `make dialects`
WITH ranked AS (
  SELECT
    o.artist_id,
    first_value(artist_name) IGNORE NULLS OVER (PARTITION BY o.artist_id ORDER BY observed_at DESC NULLS LAST, feed, slot) AS artist_name,
    first_value(popularity) IGNORE NULLS OVER (PARTITION BY o.artist_id ORDER BY observed_at DESC NULLS LAST, feed, slot) AS popularity,
    first_value(followers) IGNORE NULLS OVER (PARTITION BY o.artist_id ORDER BY observed_at DESC NULLS LAST, feed, slot) AS followers,
    first_value(image_url) IGNORE NULLS OVER (PARTITION BY o.artist_id ORDER BY observed_at DESC NULLS LAST, feed, slot) AS image_url,
    observed_at,
    row_number() OVER (PARTITION BY o.artist_id ORDER BY observed_at DESC NULLS LAST, feed, slot) AS place
  FROM artist_observations AS o
  INNER JOIN touched_artists AS t
    ON t.artist_id = o.artist_id
)
SELECT
  artist_id,
  artist_name,
  popularity,
  followers,
  image_url,
  observed_at
FROM ranked
WHERE
  place = 1
ORDER BY
  artist_id
