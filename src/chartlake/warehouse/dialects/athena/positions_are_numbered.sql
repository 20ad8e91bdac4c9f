-- error: positions that chartlake numbers itself (all but those of charts files) run from 1 to n
-- n is the number of records; that none is there twice, and none is missing, others look at
-- generated from checks/positions_are_numbered.sql by scripts/dialects.py: change that, `make dialects`
SELECT
  s.feed,
  s.chart_date,
  n.first_position,
  n.last_position,
  s.item_count
FROM (
  SELECT
    feed,
    slot,
    min(position) AS first_position,
    max(position) AS last_position
  FROM entries
  GROUP BY
    feed,
    slot
  UNION ALL
  SELECT
    feed,
    slot,
    min(position) AS first_position,
    max(position) AS last_position
  FROM play_observations
  GROUP BY
    feed,
    slot
) AS n
INNER JOIN slots AS s
  ON s.feed = n.feed AND s.slot = n.slot
WHERE
  s.source <> 'charts-csv' AND (
    n.first_position < 1 OR n.last_position > s.item_count
  )
