-- one row per feed and ranked edition, numbered by time
-- key: feed, scheduled_at
-- a missing edition is counted by the next one there is, and has no row: it is no empty chart
-- generated from marts/chart_editions.sql by scripts/dialects.py: change that, `make dialects`
WITH contents AS (
  SELECT
    feed,
    slot,
    count(*) AS entry_count,
    max(position) AS last_position,
    CASE WHEN count(streams) = count(*) THEN sum(streams) END AS streams
  FROM entries
  GROUP BY
    feed,
    slot
)
SELECT
  t.feed,
  t.scheduled_at,
  t.chart_date,
  t.ordinal,
  t.previous_scheduled_at,
  t.previous_chart_date,
  CAST(datediff(DAY, t.previous_chart_date, t.chart_date) AS BIGINT) AS days_since_previous,
  t.missing_before,
  t.missed_before,
  coalesce(n.entry_count, 0) AS entry_count,
  CASE
    WHEN n.feed IS NULL
    THEN 0
    WHEN n.last_position > n.entry_count
    THEN n.last_position
    ELSE n.entry_count
  END AS length,
  CAST(n.streams AS BIGINT) AS streams
FROM timeline AS t
LEFT JOIN contents AS n
  ON n.feed = t.feed AND n.slot = t.slot
WHERE
  t.is_edition
ORDER BY
  t.feed,
  t.scheduled_at
