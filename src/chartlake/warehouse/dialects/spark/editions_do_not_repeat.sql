-- warning: no edition repeats the streams of the one before, to the number
-- generated from checks/editions_do_not_repeat.sql by scripts/dialects.py: change that, `make dialects`
WITH compared AS (
  SELECT
    c.feed,
    c.chart_date,
    c.previous_chart_date,
    count(*) AS items,
    sum(CASE WHEN m.streams = b.streams AND m.streams > 0 THEN 1 ELSE 0 END) AS repeated
  FROM chart_editions AS c
  INNER JOIN chart_movements AS m
    ON m.feed = c.feed AND m.scheduled_at = c.scheduled_at
  INNER JOIN chart_editions AS p
    ON p.feed = c.feed AND p.ordinal = c.ordinal - 1
  LEFT JOIN chart_movements AS b
    ON b.feed = p.feed AND b.scheduled_at = p.scheduled_at AND b.item_key = m.item_key
  GROUP BY
    c.feed,
    c.chart_date,
    c.previous_chart_date
)
SELECT
  feed,
  chart_date,
  previous_chart_date,
  items
FROM compared
WHERE
  repeated = items
