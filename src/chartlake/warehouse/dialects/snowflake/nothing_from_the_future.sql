-- error: no edition or reading is of a time before it was due
-- a charts file has a date and no time: see no_date_from_the_future
-- generated from checks/nothing_from_the_future.sql by scripts/dialects.py: change that, `make dialects`
SELECT
  feed,
  scheduled_at,
  observed_at
FROM slots
WHERE
  scheduled_at > observed_at AND source <> 'charts-csv'
