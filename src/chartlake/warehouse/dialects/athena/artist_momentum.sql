-- one row per feed, chart week (Friday to Thursday) and artist with an entry in it
-- key: feed, week_ending, artist_key
-- anew: weeks in scope
-- scope: credits
-- chart points are whole for each credited artist, so shares of one chart may add up to more than 1.
-- Four weeks are compared per edition, so that a missing edition does not look like a fall.
-- generated from marts/artist_momentum.sql by scripts/dialects.py: change that, `make dialects`
WITH dated AS (
  SELECT
    c.feed,
    c.scheduled_at,
    CAST(floor(CAST(date_diff('DAY', CAST('1970-01-01' AS DATE), c.chart_date) + 6 AS DOUBLE) / 7) AS BIGINT) AS week,
    CAST(floor(CAST(date_diff('DAY', CAST('1970-01-01' AS DATE), s.first_date) + 6 AS DOUBLE) / 7) AS BIGINT) AS first_week
  FROM chart_editions AS c
  INNER JOIN scope AS s
    ON s.feed = c.feed
), editions_by_week AS (
  SELECT
    feed,
    scheduled_at,
    week,
    first_week
  FROM dated
  WHERE
    week >= first_week - 7
), weekly AS (
  SELECT
    c.feed,
    w.week,
    c.artist_key,
    max(c.artist_id) AS artist_id,
    max(c.artist_text) AS artist_text,
    count(DISTINCT c.item_key) AS items,
    min(c.position) AS best_position,
    sum(c.chart_points) AS points
  FROM chart_credits AS c
  INNER JOIN editions_by_week AS w
    ON w.feed = c.feed AND w.scheduled_at = c.scheduled_at
  GROUP BY
    c.feed,
    w.week,
    c.artist_key
), points_by_edition AS (
  SELECT
    m.feed,
    m.scheduled_at,
    sum(m.chart_points) AS points
  FROM chart_movements AS m
  INNER JOIN editions_by_week AS w
    ON w.feed = m.feed AND w.scheduled_at = m.scheduled_at
  GROUP BY
    m.feed,
    m.scheduled_at
), weeks AS (
  SELECT
    w.feed,
    w.week,
    w.first_week,
    sum(coalesce(p.points, 0)) AS points,
    count(*) AS editions
  FROM editions_by_week AS w
  LEFT JOIN points_by_edition AS p
    ON p.feed = w.feed AND p.scheduled_at = w.scheduled_at
  GROUP BY
    w.feed,
    w.week,
    w.first_week
), week_windows AS (
  SELECT
    feed,
    week,
    first_week,
    points,
    sum(editions) OVER (PARTITION BY feed ORDER BY week range BETWEEN 3 preceding AND CURRENT ROW) AS editions_4w,
    sum(editions) OVER (PARTITION BY feed ORDER BY week range BETWEEN 7 preceding AND 4 preceding) AS editions_4w_before
  FROM weeks
), artist_windows AS (
  SELECT
    feed,
    week,
    artist_key,
    artist_id,
    artist_text,
    items,
    best_position,
    points,
    sum(points) OVER (PARTITION BY feed, artist_key ORDER BY week range BETWEEN 3 preceding AND CURRENT ROW) AS points_4w,
    sum(points) OVER (PARTITION BY feed, artist_key ORDER BY week range BETWEEN 7 preceding AND 4 preceding) AS points_4w_before
  FROM weekly
)
SELECT
  a.feed,
  date_add('DAY', CAST(a.week * 7 AS INTEGER), CAST('1970-01-01' AS DATE)) AS week_ending,
  a.artist_key,
  a.artist_id,
  coalesce(known.artist_name, a.artist_text) AS artist_name,
  a.artist_id IS NULL AS is_text,
  a.items,
  a.best_position,
  round(a.points, 6) AS chart_points,
  round(a.points / nullif(w.points, 0), 6) AS share,
  round(a.points_4w / nullif(w.editions_4w, 0), 6) AS points_per_edition_4w,
  round(a.points_4w_before / nullif(w.editions_4w_before, 0), 6) AS points_per_edition_4w_before,
  round(
    a.points_4w / nullif(w.editions_4w, 0) / nullif(a.points_4w_before / nullif(w.editions_4w_before, 0), 0) - 1,
    6
  ) AS momentum_4w
FROM artist_windows AS a
INNER JOIN week_windows AS w
  ON w.feed = a.feed AND w.week = a.week
LEFT JOIN artists AS known
  ON known.artist_id = a.artist_id
WHERE
  a.week >= w.first_week
ORDER BY
  a.feed,
  week_ending,
  chart_points DESC,
  a.artist_key
