-- one row per album_id: of each attribute the latest that was seen, in any feed
-- key: album_id
-- anew: touched_albums (album_id)
-- an answer in short must not hide what a whole one told before: a null never wins
-- generated from marts/albums.sql by scripts/dialects.py: change that, `make dialects`
WITH ranked AS (
  SELECT
    o.album_id,
    first_value(album_name) IGNORE NULLS OVER (
      PARTITION BY o.album_id
      ORDER BY observed_at DESC, feed NULLS LAST, slot NULLS LAST
      rows BETWEEN UNBOUNDED preceding AND UNBOUNDED following
    ) AS album_name,
    first_value(album_type) IGNORE NULLS OVER (
      PARTITION BY o.album_id
      ORDER BY observed_at DESC, feed NULLS LAST, slot NULLS LAST
      rows BETWEEN UNBOUNDED preceding AND UNBOUNDED following
    ) AS album_type,
    first_value(total_tracks) IGNORE NULLS OVER (
      PARTITION BY o.album_id
      ORDER BY observed_at DESC, feed NULLS LAST, slot NULLS LAST
      rows BETWEEN UNBOUNDED preceding AND UNBOUNDED following
    ) AS total_tracks,
    first_value(release_date) IGNORE NULLS OVER (
      PARTITION BY o.album_id
      ORDER BY observed_at DESC, feed NULLS LAST, slot NULLS LAST
      rows BETWEEN UNBOUNDED preceding AND UNBOUNDED following
    ) AS release_date,
    first_value(release_date_text) IGNORE NULLS OVER (
      PARTITION BY o.album_id
      ORDER BY observed_at DESC, feed NULLS LAST, slot NULLS LAST
      rows BETWEEN UNBOUNDED preceding AND UNBOUNDED following
    ) AS release_date_text,
    first_value(release_date_precision) IGNORE NULLS OVER (
      PARTITION BY o.album_id
      ORDER BY observed_at DESC, feed NULLS LAST, slot NULLS LAST
      rows BETWEEN UNBOUNDED preceding AND UNBOUNDED following
    ) AS release_date_precision,
    first_value(upc) IGNORE NULLS OVER (
      PARTITION BY o.album_id
      ORDER BY observed_at DESC, feed NULLS LAST, slot NULLS LAST
      rows BETWEEN UNBOUNDED preceding AND UNBOUNDED following
    ) AS upc,
    first_value(label) IGNORE NULLS OVER (
      PARTITION BY o.album_id
      ORDER BY observed_at DESC, feed NULLS LAST, slot NULLS LAST
      rows BETWEEN UNBOUNDED preceding AND UNBOUNDED following
    ) AS label,
    first_value(popularity) IGNORE NULLS OVER (
      PARTITION BY o.album_id
      ORDER BY observed_at DESC, feed NULLS LAST, slot NULLS LAST
      rows BETWEEN UNBOUNDED preceding AND UNBOUNDED following
    ) AS popularity,
    first_value(image_url) IGNORE NULLS OVER (
      PARTITION BY o.album_id
      ORDER BY observed_at DESC, feed NULLS LAST, slot NULLS LAST
      rows BETWEEN UNBOUNDED preceding AND UNBOUNDED following
    ) AS image_url,
    observed_at,
    CAST(row_number() OVER (PARTITION BY o.album_id ORDER BY observed_at DESC, feed NULLS LAST, slot NULLS LAST) AS BIGINT) AS place
  FROM album_observations AS o
  INNER JOIN touched_albums AS t
    ON t.album_id = o.album_id
)
SELECT
  album_id,
  album_name,
  album_type,
  total_tracks,
  release_date,
  release_date_text,
  release_date_precision,
  upc,
  label,
  popularity,
  image_url,
  observed_at
FROM ranked
WHERE
  place = 1
ORDER BY
  album_id NULLS LAST
