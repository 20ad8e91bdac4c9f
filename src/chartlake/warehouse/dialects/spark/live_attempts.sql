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
    CAST(row_number() OVER (
      PARTITION BY feed, slot
      ORDER BY revision DESC, transform_version DESC, slots_covered DESC, build_id NULLS LAST
    ) AS BIGINT) AS place
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
