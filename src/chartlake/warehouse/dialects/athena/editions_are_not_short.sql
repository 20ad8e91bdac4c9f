-- warning: no edition has less than nine tenths of the entries of the one before
-- generated from checks/editions_are_not_short.sql by scripts/dialects.py: change that, `make dialects`
SELECT
  feed,
  chart_date,
  entry_count,
  previous_entry_count
FROM (
  SELECT
    *,
    lag(entry_count) OVER (PARTITION BY feed ORDER BY scheduled_at) AS previous_entry_count
  FROM chart_editions
) AS c
WHERE
  entry_count * 10 < previous_entry_count * 9
