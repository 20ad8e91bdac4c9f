-- one row per feed and ranked edition, numbered by time
-- key: feed, scheduled_at
-- anew: editions in scope
-- a missing edition is counted by the next one there is, and has no row: it is no empty chart
-- generated from marts/chart_editions.sql by scripts/dialects.py: change that, `make dialects`
SELECT
  t.feed,
  t.scheduled_at,
  t.chart_date,
  t.ordinal,
  t.previous_scheduled_at,
  t.previous_chart_date,
  CAST(date_diff('DAY', t.previous_chart_date, t.chart_date) AS BIGINT) AS days_since_previous,
  t.missing_before,
  t.missed_before,
  coalesce(n.records, 0) AS entry_count,
  CASE WHEN n.feed IS NULL THEN 0 WHEN n.last_position > n.records THEN n.last_position ELSE n.records END AS length,
  n.streams
FROM timeline AS t
INNER JOIN scope AS s
  ON s.feed = t.feed AND s.first_ordinal <= t.ordinal
LEFT JOIN slot_contents AS n
  ON n.feed = t.feed AND n.slot = t.slot
WHERE
  t.is_edition
ORDER BY
  t.feed,
  t.scheduled_at
