-- error: every movement, exit and turnover is of a ranked edition
-- generated from checks/movements_have_an_edition.sql by scripts/dialects.py: change that, `make dialects`
SELECT
  m.feed,
  m.scheduled_at,
  m.kind,
  count(*) AS records
FROM (
  SELECT
    feed,
    scheduled_at,
    'movement' AS kind
  FROM chart_movements
  UNION ALL
  SELECT
    feed,
    scheduled_at,
    'exit' AS kind
  FROM chart_exits
  UNION ALL
  SELECT
    feed,
    scheduled_at,
    'turnover' AS kind
  FROM chart_turnover
) AS m
LEFT JOIN chart_editions AS c
  ON c.feed = m.feed AND c.scheduled_at = m.scheduled_at
WHERE
  c.feed IS NULL
GROUP BY
  m.feed,
  m.scheduled_at,
  m.kind
