-- error: entries plus rejects, or plays plus rejects, are the records that the source gave
-- generated from checks/records_add_up.sql by scripts/dialects.py: change that, `make dialects`
SELECT
  s.feed,
  s.chart_date,
  s.item_count,
  coalesce(n.records, 0) AS records
FROM (
  SELECT
    feed,
    slot,
    chart_date,
    item_count
  FROM editions
  UNION ALL
  SELECT
    feed,
    slot,
    chart_date,
    item_count
  FROM readings
  WHERE
    joins_previous IS NOT NULL
) AS s
LEFT JOIN (
  SELECT
    feed,
    slot,
    count(*) AS records
  FROM (
    SELECT
      feed,
      slot
    FROM entries
    UNION ALL
    SELECT
      feed,
      slot
    FROM play_observations
    UNION ALL
    SELECT
      feed,
      slot
    FROM rejects
  ) AS r
  GROUP BY
    feed,
    slot
) AS n
  ON n.feed = s.feed AND n.slot = s.slot
WHERE
  s.item_count <> coalesce(n.records, 0)
