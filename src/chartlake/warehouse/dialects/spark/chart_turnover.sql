-- one row per feed and ranked edition: how much of the list changed
-- key: feed, scheduled_at
-- anew: editions in scope
-- turnover is the share of the previous edition's items that left; null in a first edition
-- generated from marts/chart_turnover.sql by scripts/dialects.py: change that, `make dialects`
WITH moves AS (
  SELECT
    m.feed,
    m.scheduled_at,
    count(*) AS items,
    sum(CASE WHEN movement = 'new' THEN 1 ELSE 0 END) AS new_entries,
    sum(CASE WHEN movement = 're_entry' THEN 1 ELSE 0 END) AS re_entries,
    sum(CASE WHEN movement = 'up' THEN 1 ELSE 0 END) AS climbers,
    sum(CASE WHEN movement = 'down' THEN 1 ELSE 0 END) AS fallers,
    sum(CASE WHEN movement = 'same' THEN 1 ELSE 0 END) AS unchanged
  FROM chart_movements AS m
  INNER JOIN scope AS s
    ON s.feed = m.feed AND m.ordinal >= s.first_ordinal - 1
  GROUP BY
    m.feed,
    m.scheduled_at
), leaving AS (
  SELECT
    x.feed,
    x.scheduled_at,
    count(*) AS exits
  FROM chart_exits AS x
  INNER JOIN scope AS s
    ON s.feed = x.feed AND x.ordinal >= s.first_ordinal
  GROUP BY
    x.feed,
    x.scheduled_at
), counted AS (
  SELECT
    c.feed,
    c.scheduled_at,
    c.chart_date,
    c.ordinal,
    c.missing_before,
    coalesce(m.items, 0) AS items,
    coalesce(m.new_entries, 0) AS new_entries,
    coalesce(m.re_entries, 0) AS re_entries,
    coalesce(l.exits, 0) AS exits,
    coalesce(m.climbers, 0) AS climbers,
    coalesce(m.fallers, 0) AS fallers,
    coalesce(m.unchanged, 0) AS unchanged
  FROM chart_editions AS c
  INNER JOIN scope AS s
    ON s.feed = c.feed AND c.ordinal >= s.first_ordinal - 1
  LEFT JOIN moves AS m
    ON m.feed = c.feed AND m.scheduled_at = c.scheduled_at
  LEFT JOIN leaving AS l
    ON l.feed = c.feed AND l.scheduled_at = c.scheduled_at
), compared AS (
  SELECT
    *,
    lag(items) OVER (PARTITION BY feed ORDER BY ordinal NULLS LAST) AS previous_items
  FROM counted
)
SELECT
  c.feed,
  c.scheduled_at,
  c.chart_date,
  c.ordinal,
  c.missing_before,
  c.items,
  CAST(new_entries AS BIGINT) AS new_entries,
  CAST(re_entries AS BIGINT) AS re_entries,
  CAST(exits AS BIGINT) AS exits,
  CAST(climbers AS BIGINT) AS climbers,
  CAST(fallers AS BIGINT) AS fallers,
  CAST(unchanged AS BIGINT) AS unchanged,
  CASE WHEN previous_items > 0 THEN round(CAST(exits AS DOUBLE) / previous_items, 6) END AS turnover
FROM compared AS c
INNER JOIN scope AS s
  ON s.feed = c.feed AND c.ordinal >= s.first_ordinal
ORDER BY
  c.feed NULLS LAST,
  c.scheduled_at NULLS LAST
