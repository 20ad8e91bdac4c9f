-- error: no chart date is more than a day after it was seen
-- in the east it may be tomorrow already
-- generated from checks/no_date_from_the_future.sql by scripts/dialects.py: change that, `make dialects`
SELECT
  feed,
  chart_date,
  observed_at
FROM slots
WHERE
  chart_date > date_add(CAST(observed_at AS DATE), 1)
