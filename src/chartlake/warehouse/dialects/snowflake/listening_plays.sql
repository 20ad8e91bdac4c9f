-- one row per account, played_at and item_key: a play, however often it was seen
-- key: account, played_at, item_key
-- anew: touched_accounts (account)
-- generated from marts/listening_plays.sql by scripts/dialects.py: change that, `make dialects`
WITH ranked AS (
  SELECT
    p.account,
    p.played_at,
    p.item_kind,
    p.item_key,
    p.track_id,
    p.item_name,
    p.artist_names,
    p.duration_ms,
    p.context_type,
    p.context_uri,
    p.feed,
    p.slot,
    r.observed_at,
    row_number() OVER (PARTITION BY p.account, p.played_at, p.item_key ORDER BY r.observed_at, p.feed, p.slot, p.position) AS sighting
  FROM play_observations AS p
  INNER JOIN touched_accounts AS t
    ON t.account = p.account
  INNER JOIN readings AS r
    ON r.feed = p.feed AND r.slot = p.slot
)
SELECT
  account,
  played_at,
  item_kind,
  item_key,
  track_id,
  item_name,
  artist_names,
  duration_ms,
  context_type,
  context_uri,
  feed AS first_feed,
  slot AS first_slot,
  observed_at AS first_observed_at
FROM ranked
WHERE
  sighting = 1
ORDER BY
  account,
  played_at,
  item_key
