-- one row per feed and item_key whose release date is known: how old it was at debut and peak
-- key: feed, item_key
-- anew: touched_releases (feed, item_key)
-- a date that is told to the month or year only counts from its first day
-- generated from marts/release_age.sql by scripts/dialects.py: change that, `make dialects`
WITH albums_of_items AS (
  SELECT
    p.feed,
    p.item_kind,
    p.item_key,
    p.track_id,
    p.item_name,
    p.artist_names,
    p.debut_is_known,
    p.debut_date,
    p.debut_position,
    p.peak_position,
    p.peak_date,
    CASE WHEN p.item_kind = 'album' THEN p.item_key ELSE t.album_id END AS album_id
  FROM item_profiles AS p
  INNER JOIN touched_releases AS r
    ON r.feed = p.feed AND r.item_key = p.item_key
  LEFT JOIN tracks AS t
    ON t.track_id = p.track_id
)
SELECT
  i.feed,
  i.item_kind,
  i.item_key,
  i.track_id,
  i.item_name,
  i.artist_names,
  i.album_id,
  a.release_date,
  a.release_date_precision,
  i.debut_is_known,
  i.debut_date,
  i.debut_position,
  CAST(datediff(DAY, a.release_date, i.debut_date) AS BIGINT) AS age_at_debut_days,
  i.peak_position,
  i.peak_date,
  CAST(datediff(DAY, a.release_date, i.peak_date) AS BIGINT) AS age_at_peak_days
FROM albums_of_items AS i
INNER JOIN albums AS a
  ON a.album_id = i.album_id
WHERE
  a.release_date IS NOT NULL
ORDER BY
  i.feed NULLS LAST,
  i.item_key NULLS LAST
