-- warning: no due edition is missing between two that are there
-- (or reading, of a feed that is no ranked list; plays are whole where their readings join)
-- generated from checks/editions_are_not_missing.sql by scripts/dialects.py: change that, `make dialects`
SELECT
  t.feed,
  t.previous_chart_date,
  t.chart_date,
  t.missing_before
FROM timeline AS t
INNER JOIN slots AS s
  ON s.feed = t.feed AND s.slot = t.slot
WHERE
  t.missing_before > 0 AND s.source <> 'recently-played'
