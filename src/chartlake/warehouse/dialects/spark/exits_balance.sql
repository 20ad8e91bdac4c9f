-- error: items of the edition before, plus entries, minus exits, are the items of this one
-- generated from checks/exits_balance.sql by scripts/dialects.py: change that, `make dialects`
SELECT
  feed,
  chart_date,
  items,
  previous_items,
  new_entries,
  re_entries,
  exits
FROM (
  SELECT
    *,
    lag(items) OVER (PARTITION BY feed ORDER BY scheduled_at NULLS LAST) AS previous_items
  FROM chart_turnover
) AS t
WHERE
  previous_items + new_entries + re_entries - exits <> items
