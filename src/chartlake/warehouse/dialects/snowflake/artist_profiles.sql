-- one row per feed and artist who ever had an entry in it
-- key: feed, artist_key
-- anew: touched_charting_artists (feed, artist_key)
-- scope: credits
-- generated from marts/artist_profiles.sql by scripts/dialects.py: change that, `make dialects`
WITH mine AS (
  SELECT
    a.feed,
    a.artist_key,
    a.artist_id,
    a.artist_text,
    a.ordinal,
    a.chart_date,
    a.items,
    a.best_position
  FROM artist_editions AS a
  INNER JOIN scope AS s
    ON s.feed = a.feed
  INNER JOIN touched_charting_artists AS t
    ON t.feed = a.feed AND t.artist_key = a.artist_key
), last_editions AS (
  SELECT
    c.feed,
    max(c.ordinal) AS ordinal
  FROM chart_editions AS c
  INNER JOIN scope AS s
    ON s.feed = c.feed
  GROUP BY
    c.feed
), peaks AS (
  SELECT
    feed,
    artist_key,
    max(items) AS most_at_once,
    min(best_position) AS best_position
  FROM mine
  GROUP BY
    feed,
    artist_key
), over_time AS (
  SELECT
    a.feed,
    a.artist_key,
    max(a.artist_id) AS artist_id,
    max(a.artist_text) AS artist_text,
    max(CASE WHEN a.ordinal = l.ordinal THEN a.items ELSE 0 END) AS items_on_chart,
    min(CASE WHEN a.items = p.most_at_once THEN a.chart_date END) AS most_at_once_date,
    min(CASE WHEN a.best_position = p.best_position THEN a.chart_date END) AS best_date,
    min(a.chart_date) AS first_chart_date,
    max(a.chart_date) AS last_chart_date,
    count(*) AS editions_on_chart,
    sum(CASE WHEN a.best_position = 1 THEN 1 ELSE 0 END) AS editions_at_one
  FROM mine AS a
  INNER JOIN peaks AS p
    ON p.feed = a.feed AND p.artist_key = a.artist_key
  INNER JOIN last_editions AS l
    ON l.feed = a.feed
  GROUP BY
    a.feed,
    a.artist_key
), credited AS (
  SELECT
    c.feed,
    c.artist_key,
    c.item_key,
    c.position,
    c.chart_points
  FROM chart_credits AS c
  INNER JOIN scope AS s
    ON s.feed = c.feed
  INNER JOIN touched_charting_artists AS t
    ON t.feed = c.feed AND t.artist_key = c.artist_key
), item_bests AS (
  SELECT
    feed,
    artist_key,
    item_key,
    min(position) AS best_position,
    sum(chart_points) AS chart_points
  FROM credited
  GROUP BY
    feed,
    artist_key,
    item_key
), different AS (
  SELECT
    feed,
    artist_key,
    count(*) AS items,
    sum(CASE WHEN best_position = 1 THEN 1 ELSE 0 END) AS items_at_one,
    sum(chart_points) AS chart_points
  FROM item_bests
  GROUP BY
    feed,
    artist_key
)
SELECT
  o.feed,
  o.artist_key,
  o.artist_id,
  coalesce(known.artist_name, o.artist_text) AS artist_name,
  o.artist_id IS NULL AS is_text,
  d.items,
  o.items_on_chart,
  CAST(d.items_at_one AS BIGINT) AS items_at_one,
  p.most_at_once,
  o.most_at_once_date,
  p.best_position,
  o.best_date,
  o.first_chart_date,
  o.last_chart_date,
  o.editions_on_chart,
  CAST(o.editions_at_one AS BIGINT) AS editions_at_one,
  round(d.chart_points, 6) AS chart_points
FROM over_time AS o
INNER JOIN peaks AS p
  ON p.feed = o.feed AND p.artist_key = o.artist_key
INNER JOIN different AS d
  ON d.feed = o.feed AND d.artist_key = o.artist_key
LEFT JOIN artists AS known
  ON known.artist_id = o.artist_id
ORDER BY
  o.feed,
  o.artist_key
