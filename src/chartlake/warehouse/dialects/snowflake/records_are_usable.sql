-- warning: no record was rejected
-- generated from checks/records_are_usable.sql by scripts/dialects.py: change that, `make dialects`
SELECT
  r.feed,
  s.chart_date,
  r.page,
  r.item,
  r.reason
FROM rejects AS r
INNER JOIN slots AS s
  ON s.feed = r.feed AND s.slot = r.slot
