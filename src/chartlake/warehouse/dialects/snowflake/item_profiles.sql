-- one row per feed and item_key: its whole time on the chart so far
-- key: feed, item_key
-- anew: touched_items (feed, item_key)
-- debut_is_known is false where it stood in the feed's first edition: it may have been there before
-- generated from marts/item_profiles.sql by scripts/dialects.py: change that, `make dialects`
WITH moves AS (
  SELECT
    m.feed,
    m.ordinal,
    m.chart_date,
    m.item_kind,
    m.item_key,
    m.track_id,
    m.item_name,
    m.artist_names,
    m.position,
    m.change,
    m.peak_position,
    m.peak_date,
    m.debut_date,
    m.debut_position,
    m.editions_on_chart,
    m.editions_at_one,
    m.streak,
    m.chart_points,
    m.streams,
    m.streams_total
  FROM chart_movements AS m
  INNER JOIN scope AS s
    ON s.feed = m.feed
  INNER JOIN touched_items AS t
    ON t.feed = m.feed AND t.item_key = m.item_key
), ends AS (
  SELECT
    feed,
    item_key,
    max(ordinal) AS last_ordinal
  FROM moves
  GROUP BY
    feed,
    item_key
), last_rows AS (
  SELECT
    m.*
  FROM ends AS e
  INNER JOIN moves AS m
    ON m.feed = e.feed AND m.item_key = e.item_key AND m.ordinal = e.last_ordinal
), sums AS (
  SELECT
    m.feed,
    m.item_key,
    sum(CASE WHEN m.position = l.peak_position THEN 1 ELSE 0 END) AS editions_at_peak,
    sum(CASE WHEN m.streak = 1 THEN 1 ELSE 0 END) AS runs,
    max(m.streak) AS longest_streak,
    min(m.ordinal) AS first_ordinal,
    max(CASE WHEN m.change > 0 THEN m.change END) AS biggest_climb,
    max(CASE WHEN m.change < 0 THEN -m.change END) AS biggest_fall,
    sum(m.chart_points) AS chart_points,
    max(m.streams) AS best_streams
  FROM moves AS m
  INNER JOIN last_rows AS l
    ON l.feed = m.feed AND l.item_key = m.item_key
  GROUP BY
    m.feed,
    m.item_key
), last_editions AS (
  SELECT
    feed,
    max(ordinal) AS ordinal
  FROM chart_editions
  GROUP BY
    feed
)
SELECT
  l.feed,
  l.item_kind,
  l.item_key,
  l.track_id,
  l.item_name,
  l.artist_names,
  s.first_ordinal > 1 AS debut_is_known,
  l.debut_date,
  l.debut_position,
  l.peak_position,
  l.peak_date,
  CAST(s.editions_at_peak AS BIGINT) AS editions_at_peak,
  l.editions_on_chart,
  l.editions_at_one,
  CAST(s.runs AS BIGINT) AS runs,
  s.longest_streak,
  CASE WHEN l.ordinal = c.ordinal THEN l.streak ELSE 0 END AS streak,
  l.ordinal = c.ordinal AS is_on_chart,
  l.chart_date AS last_chart_date,
  l.position AS last_position,
  s.biggest_climb,
  s.biggest_fall,
  round(s.chart_points, 6) AS chart_points,
  s.best_streams,
  l.streams_total
FROM last_rows AS l
INNER JOIN sums AS s
  ON s.feed = l.feed AND s.item_key = l.item_key
INNER JOIN last_editions AS c
  ON c.feed = l.feed
ORDER BY
  l.feed,
  l.item_key
