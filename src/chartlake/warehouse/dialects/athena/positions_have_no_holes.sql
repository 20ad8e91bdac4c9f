-- warning: positions of a charts file run from 1 without a hole, but for rejects
-- generated from checks/positions_have_no_holes.sql by scripts/dialects.py: change that, `make dialects`
SELECT
  e.feed,
  d.chart_date,
  max(e.position) AS last_position,
  count(*) AS entries
FROM entries AS e
INNER JOIN editions AS d
  ON d.feed = e.feed AND d.slot = e.slot
WHERE
  d.source = 'charts-csv'
GROUP BY
  e.feed,
  e.slot,
  d.chart_date,
  d.item_count
HAVING
  max(e.position) <> d.item_count AND max(e.position) <> count(*)
