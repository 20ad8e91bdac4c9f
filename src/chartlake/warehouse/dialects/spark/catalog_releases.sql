-- one row per artist-catalog feed and album_id: when the feed saw it first
-- key: feed, album_id
-- anew: all
-- was_there: it was there already when the feed saw the first of its artists, so that it is no news
-- generated from marts/catalog_releases.sql by scripts/dialects.py: change that, `make dialects`
WITH seen AS (
  SELECT
    a.feed,
    a.album_id,
    r.slot,
    r.chart_date,
    r.observed_at,
    CAST(row_number() OVER (PARTITION BY a.feed, a.album_id ORDER BY r.slot NULLS LAST) AS BIGINT) AS sighting
  FROM album_observations AS a
  INNER JOIN readings AS r
    ON r.feed = a.feed AND r.slot = a.slot
  WHERE
    r.source = 'artist-catalog'
), catalogs AS (
  SELECT DISTINCT
    feed
  FROM readings
  WHERE
    source = 'artist-catalog'
), told AS (
  SELECT
    a.feed,
    a.slot,
    a.album_id,
    a.artist_position,
    a.artist_id,
    a.artist_name
  FROM album_artists AS a
  INNER JOIN catalogs AS c
    ON c.feed = a.feed
), artists_since AS (
  SELECT
    feed,
    artist_id,
    min(slot) AS first_slot
  FROM told
  WHERE
    artist_position = 1
  GROUP BY
    feed,
    artist_id
), credits AS (
  SELECT DISTINCT
    feed,
    album_id,
    artist_id
  FROM told
), followed_since AS (
  SELECT
    c.feed,
    c.album_id,
    min(s.first_slot) AS first_slot
  FROM credits AS c
  INNER JOIN artists_since AS s
    ON s.feed = c.feed AND s.artist_id = c.artist_id
  GROUP BY
    c.feed,
    c.album_id
), leads AS (
  SELECT
    feed,
    album_id,
    artist_id,
    artist_name,
    CAST(row_number() OVER (PARTITION BY feed, album_id ORDER BY artist_position NULLS LAST, slot NULLS LAST) AS BIGINT) AS place
  FROM told
)
SELECT
  s.feed,
  s.album_id,
  s.chart_date AS first_chart_date,
  s.observed_at AS first_observed_at,
  a.album_name,
  l.artist_id,
  l.artist_name,
  a.album_type,
  a.release_date,
  a.release_date_text,
  a.total_tracks,
  coalesce(s.slot = f.first_slot, TRUE) AS was_there
FROM seen AS s
INNER JOIN albums AS a
  ON a.album_id = s.album_id
LEFT JOIN leads AS l
  ON l.feed = s.feed AND l.album_id = s.album_id AND l.place = 1
LEFT JOIN followed_since AS f
  ON f.feed = s.feed AND f.album_id = s.album_id
WHERE
  s.sighting = 1
ORDER BY
  s.feed NULLS LAST,
  first_observed_at NULLS LAST,
  s.album_id NULLS LAST
