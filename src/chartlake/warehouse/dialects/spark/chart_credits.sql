-- one row per feed, ranked edition, item_key and artist who is credited on it
-- key: feed, scheduled_at, item_key, artist_key
-- an artist is the Spotify id where it is known, else the artist text as given, whole: only Spotify
-- knows that "Tyler, The Creator" is one
-- generated from views/chart_credits.sql by scripts/dialects.py: change that, `make dialects`
SELECT
  m.feed,
  m.scheduled_at,
  m.chart_date,
  m.ordinal,
  m.item_key,
  m.position,
  m.movement,
  m.chart_points,
  CASE WHEN m.item_kind = 'artist' THEN m.item_key ELSE coalesce(c.artist_key, m.artist_names) END AS artist_key,
  CASE WHEN m.item_kind = 'artist' THEN m.item_key ELSE c.artist_id END AS artist_id,
  CASE
    WHEN m.item_kind = 'artist'
    THEN m.item_name
    WHEN c.artist_key IS NOT NULL
    THEN c.artist_text
    ELSE m.artist_names
  END AS artist_text
FROM chart_movements AS m
LEFT JOIN item_credits AS c
  ON c.item_id = coalesce(m.track_id, m.item_key)
WHERE
  m.item_kind = 'artist' OR c.artist_key IS NOT NULL OR m.artist_names IS NOT NULL
