-- one row per feed and slot: what the source was read for, an edition or a reading
-- generated from views/slots.sql by scripts/dialects.py: change that, `make dialects`
SELECT
  feed,
  slot,
  scheduled_at,
  chart_date,
  observed_at,
  source,
  source_id,
  schedule,
  timezone,
  cadence,
  item_count,
  TRUE AS is_edition
FROM editions
UNION ALL
SELECT
  feed,
  slot,
  scheduled_at,
  chart_date,
  observed_at,
  source,
  source_id,
  schedule,
  timezone,
  cadence,
  item_count,
  FALSE AS is_edition
FROM readings
