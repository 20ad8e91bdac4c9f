-- one row per feed and slot with records that could be used: how many, and how far they reach
-- key: feed, slot
-- anew: touched_slots (feed, slot)
-- generated from marts/slot_contents.sql by scripts/dialects.py: change that, `make dialects`
WITH usable AS (
  SELECT
    feed,
    slot,
    item_kind,
    position,
    streams
  FROM entries
  UNION ALL
  SELECT
    feed,
    slot,
    item_kind,
    position,
    CAST(NULL AS BIGINT) AS streams
  FROM play_observations
)
SELECT
  u.feed,
  u.slot,
  count(*) AS records,
  CAST(sum(CASE WHEN u.item_kind = 'unavailable' THEN 1 ELSE 0 END) AS BIGINT) AS unavailable,
  max(u.position) AS last_position,
  CAST(CASE WHEN count(u.streams) = count(*) THEN sum(u.streams) END AS BIGINT) AS streams
FROM usable AS u
INNER JOIN touched_slots AS t
  ON t.feed = u.feed AND t.slot = u.slot
GROUP BY
  u.feed,
  u.slot
ORDER BY
  u.feed,
  u.slot
