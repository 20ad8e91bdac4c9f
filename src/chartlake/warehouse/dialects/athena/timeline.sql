-- one row per feed and edition or reading that counts, numbered by time
-- key: feed, scheduled_at
-- anew: touched_feeds (feed)
-- missing_before counts those due between this one and the one before that are not there,
-- missed_before those of them that are known to be lost for good
-- generated from marts/timeline.sql by scripts/dialects.py: change that, `make dialects`
WITH candidates AS (
  SELECT
    l.feed,
    l.slot,
    l.scheduled_at,
    l.chart_date,
    l.schedule,
    l.cadence,
    l.item_count,
    l.is_edition,
    row_number() OVER (
      PARTITION BY l.feed, CASE WHEN l.cadence = 'day' THEN CAST(l.chart_date AS VARCHAR) ELSE l.slot END
      ORDER BY l.scheduled_at DESC
    ) AS newest_first
  FROM slots AS l
  INNER JOIN touched_feeds AS f
    ON f.feed = l.feed
  WHERE
    l.scheduled_at IS NOT NULL
), numbered AS (
  SELECT
    feed,
    slot,
    scheduled_at,
    chart_date,
    schedule,
    cadence,
    item_count,
    is_edition,
    row_number() OVER (PARTITION BY feed ORDER BY scheduled_at) AS ordinal,
    lag(scheduled_at) OVER (PARTITION BY feed ORDER BY scheduled_at) AS previous_scheduled_at,
    lag(chart_date) OVER (PARTITION BY feed ORDER BY scheduled_at) AS previous_chart_date
  FROM candidates
  WHERE
    newest_first = 1
), absent AS (
  SELECT
    d.feed,
    d.scheduled_at,
    d.chart_date
  FROM due_editions AS d
  INNER JOIN touched_feeds AS f
    ON f.feed = d.feed
  LEFT JOIN numbered AS n
    ON n.feed = d.feed AND n.scheduled_at = d.scheduled_at
  WHERE
    n.feed IS NULL
), moments AS (
  SELECT
    feed,
    scheduled_at,
    scheduled_at AS present_at
  FROM numbered
  UNION ALL
  SELECT
    feed,
    scheduled_at,
    CAST(NULL AS TIMESTAMP) AS present_at
  FROM absent
), coming AS (
  SELECT
    feed,
    scheduled_at,
    present_at,
    min(present_at) OVER (PARTITION BY feed ORDER BY scheduled_at rows BETWEEN CURRENT ROW AND UNBOUNDED following) AS next_at
  FROM moments
), gaps AS (
  SELECT
    n.feed,
    n.scheduled_at,
    count(*) AS missing,
    count(m.slot) AS missed
  FROM coming AS f
  INNER JOIN absent AS a
    ON a.feed = f.feed AND a.scheduled_at = f.scheduled_at
  INNER JOIN numbered AS n
    ON n.feed = f.feed AND n.scheduled_at = f.next_at
  LEFT JOIN missed_slots AS m
    ON m.feed = a.feed AND m.scheduled_at = a.scheduled_at
  WHERE
    f.present_at IS NULL
    AND n.previous_scheduled_at IS NOT NULL
    AND a.scheduled_at > n.previous_scheduled_at
    AND (
      n.cadence <> 'day' OR (
        a.chart_date > n.previous_chart_date AND a.chart_date < n.chart_date
      )
    )
  GROUP BY
    n.feed,
    n.scheduled_at
)
SELECT
  n.feed,
  n.scheduled_at,
  n.chart_date,
  n.slot,
  n.is_edition,
  n.ordinal,
  n.previous_scheduled_at,
  n.previous_chart_date,
  CASE WHEN n.schedule IS NOT NULL THEN coalesce(g.missing, 0) END AS missing_before,
  CASE WHEN n.schedule IS NOT NULL THEN coalesce(g.missed, 0) END AS missed_before,
  n.item_count
FROM numbered AS n
LEFT JOIN gaps AS g
  ON g.feed = n.feed AND g.scheduled_at = n.scheduled_at
ORDER BY
  n.feed,
  n.scheduled_at
