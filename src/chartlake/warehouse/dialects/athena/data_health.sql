-- one row per feed: what is there, what is missing, what could not be used
-- key: feed
-- anew: all
-- an edition here is an edition of a list, or a reading of a feed that is none. missing counts those
-- due between the first and the last there is, missed those of them (and of the overdue) that are
-- lost for good; overdue those due after the last; present those due that are there.
-- lag_seconds: how long after it was due the last one was read. A file's date is no such time
-- generated from marts/data_health.sql by scripts/dialects.py: change that, `make dialects`
WITH latest_first AS (
  SELECT
    feed,
    source,
    schedule,
    cadence,
    scheduled_at,
    observed_at,
    max(observed_at) OVER (PARTITION BY feed) AS last_observed_at,
    row_number() OVER (PARTITION BY feed ORDER BY slot DESC) AS place
  FROM slots
), feeds AS (
  SELECT
    feed,
    source,
    schedule,
    cadence,
    last_observed_at,
    CASE
      WHEN source <> 'charts-csv'
      THEN date_diff('SECOND', date_trunc('SECOND', scheduled_at), date_trunc('SECOND', observed_at))
    END AS lag_seconds
  FROM latest_first
  WHERE
    place = 1
), present AS (
  SELECT
    t.feed,
    count(*) AS editions,
    min(t.chart_date) AS first_chart_date,
    max(t.chart_date) AS last_chart_date,
    max(t.scheduled_at) AS last_scheduled_at,
    sum(t.missing_before) AS missing,
    max(t.missing_before) AS longest_gap,
    sum(CASE WHEN n.records > 0 THEN 0 WHEN t.is_edition OR t.item_count = 0 THEN 1 ELSE 0 END) AS empty_editions
  FROM timeline AS t
  LEFT JOIN slot_contents AS n
    ON n.feed = t.feed AND n.slot = t.slot
  GROUP BY
    t.feed
), entry_counts AS (
  SELECT
    feed,
    sum(records) AS entries,
    sum(unavailable) AS unavailable
  FROM slot_contents
  GROUP BY
    feed
), reject_counts AS (
  SELECT
    feed,
    count(*) AS rejects
  FROM rejects
  GROUP BY
    feed
), missed_counts AS (
  SELECT
    feed,
    count(*) AS missed
  FROM missed_slots
  GROUP BY
    feed
), due AS (
  SELECT
    d.feed,
    count(*) AS due,
    sum(
      CASE
        WHEN f.cadence = 'day'
        THEN CASE WHEN d.chart_date > p.last_chart_date THEN 1 ELSE 0 END
        WHEN d.scheduled_at > p.last_scheduled_at
        THEN 1
        ELSE 0
      END
    ) AS overdue
  FROM due_editions AS d
  INNER JOIN present AS p
    ON p.feed = d.feed
  INNER JOIN feeds AS f
    ON f.feed = d.feed
  GROUP BY
    d.feed
)
SELECT
  f.feed,
  f.source,
  f.schedule,
  p.first_chart_date,
  p.last_chart_date,
  f.last_observed_at,
  coalesce(p.editions, 0) AS editions,
  CASE WHEN f.schedule IS NOT NULL THEN coalesce(d.due, 0) END AS due,
  CASE
    WHEN f.schedule IS NOT NULL
    THEN CAST(coalesce(d.due, 0) - p.missing - coalesce(d.overdue, 0) AS BIGINT)
  END AS present,
  CAST(p.missing AS BIGINT) AS missing,
  coalesce(m.missed, 0) AS missed,
  p.longest_gap,
  CAST(coalesce(d.overdue, 0) AS BIGINT) AS overdue,
  CAST(p.empty_editions AS BIGINT) AS empty_editions,
  CAST(coalesce(e.entries, 0) AS BIGINT) AS entries,
  CAST(coalesce(e.unavailable, 0) AS BIGINT) AS unavailable,
  coalesce(r.rejects, 0) AS rejects,
  f.lag_seconds
FROM feeds AS f
LEFT JOIN present AS p
  ON p.feed = f.feed
LEFT JOIN entry_counts AS e
  ON e.feed = f.feed
LEFT JOIN reject_counts AS r
  ON r.feed = f.feed
LEFT JOIN due AS d
  ON d.feed = f.feed
LEFT JOIN missed_counts AS m
  ON m.feed = f.feed
ORDER BY
  f.feed
