-- one row per feed, ranked edition and artist with an entry in it
-- key: feed, scheduled_at, artist_key
-- anew: editions in scope
-- scope: credits
-- each credited artist gets the chart points of an item whole
-- generated from marts/artist_editions.sql by scripts/dialects.py: change that, `make dialects`
SELECT
  c.feed,
  c.scheduled_at,
  c.chart_date,
  c.ordinal,
  c.artist_key,
  max(c.artist_id) AS artist_id,
  max(c.artist_text) AS artist_text,
  count(*) AS items,
  CAST(sum(CASE WHEN c.movement = 'new' THEN 1 ELSE 0 END) AS BIGINT) AS new_entries,
  min(c.position) AS best_position,
  round(sum(c.chart_points), 6) AS chart_points
FROM chart_credits AS c
INNER JOIN scope AS s
  ON s.feed = c.feed AND s.first_ordinal <= c.ordinal
GROUP BY
  c.feed,
  c.scheduled_at,
  c.chart_date,
  c.ordinal,
  c.artist_key
ORDER BY
  c.feed,
  c.scheduled_at,
  best_position,
  c.artist_key
