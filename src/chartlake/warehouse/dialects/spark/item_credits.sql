-- one row per track_id or album_id (item_id) and artist who is credited on it, each once
-- key: item_id, artist_key
-- anew: touched_credits (item_id)
-- artist_key is the Spotify id where it is known, else the name as credited
-- generated from marts/item_credits.sql by scripts/dialects.py: change that, `make dialects`
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
  c.item_id,
  coalesce(c.artist_id, c.artist_name) AS artist_key,
  max(c.artist_id) AS artist_id,
  max(c.artist_name) AS artist_text
FROM credits AS c
INNER JOIN touched_credits AS t
  ON t.item_id = c.item_id
WHERE
  coalesce(c.artist_id, c.artist_name) IS NOT NULL
GROUP BY
  c.item_id,
  coalesce(c.artist_id, c.artist_name)
ORDER BY
  c.item_id NULLS LAST,
  artist_key NULLS LAST
