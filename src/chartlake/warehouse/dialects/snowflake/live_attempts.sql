-- one row per feed and slot: the attempt whose rows are loaded
-- generated from views/live_attempts.sql by scripts/dialects.py: change that, `make dialects`
WITH ranked AS (
  SELECT
    feed,
    slot,
    attempt_id,
    build_id,
    revision,
    transform_version,
    slots_covered,
    loaded_at,
    row_number() OVER (
      PARTITION BY feed, slot
      ORDER BY revision DESC NULLS LAST, transform_version DESC NULLS LAST, slots_covered DESC NULLS LAST, build_id
    ) AS place
  FROM load_history
)
SELECT
  feed,
  slot,
  attempt_id,
  build_id,
  revision,
  transform_version,
  slots_covered,
  loaded_at
FROM ranked
WHERE
  place = 1
