-- one row per feed, item_key and exit: when the item came back, if it did
-- key: feed, scheduled_at, item_key
-- generated from views/chart_returns.sql by scripts/dialects.py: change that, `make dialects`
WITH comebacks AS (
  SELECT
    x.feed,
    x.ordinal,
    x.item_key,
    m.ordinal AS returned_ordinal,
    m.scheduled_at AS returned_at,
    m.chart_date AS returned_date,
    m.position AS returned_position,
    row_number() OVER (PARTITION BY x.feed, x.ordinal, x.item_key ORDER BY m.ordinal) AS place
  FROM chart_exits AS x
  INNER JOIN chart_movements AS m
    ON m.feed = x.feed AND m.item_key = x.item_key AND m.movement = 're_entry' AND m.ordinal > x.ordinal
)
SELECT
  x.feed,
  x.scheduled_at,
  x.chart_date,
  x.item_key,
  b.returned_at,
  b.returned_date,
  b.returned_position,
  b.returned_ordinal - x.ordinal AS editions_away
FROM chart_exits AS x
LEFT JOIN comebacks AS b
  ON b.feed = x.feed AND b.ordinal = x.ordinal AND b.item_key = x.item_key AND b.place = 1
