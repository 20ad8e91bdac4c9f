-- one row per track_id or album_id (item_id) and artist who is credited on it, each once
-- artist_key is the Spotify id where it is known, else the name as credited
-- generated from views/item_credits.sql by scripts/dialects.py: change that, `make dialects`
WITH credits AS (
  SELECT
    track_id AS item_id,
    artist_id,
    artist_name
  FROM track_credits
  UNION ALL
  SELECT
    album_id AS item_id,
    artist_id,
    artist_name
  FROM album_credits
)
SELECT
  item_id,
  coalesce(artist_id, artist_name) AS artist_key,
  max(artist_id) AS artist_id,
  max(artist_name) AS artist_text
FROM credits
WHERE
  coalesce(artist_id, artist_name) IS NOT NULL
GROUP BY
  item_id,
  coalesce(artist_id, artist_name)
