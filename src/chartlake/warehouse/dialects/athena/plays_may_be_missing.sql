-- warning: each reading of plays reaches back to the one before
-- generated from checks/plays_may_be_missing.sql by scripts/dialects.py: change that, `make dialects`
SELECT
  feed,
  scheduled_at,
  since AS missing_from,
  covers_from AS missing_until
FROM readings
WHERE
  NOT joins_previous
