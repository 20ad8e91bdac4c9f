-- error: the artists of a track or an album are told by an observation of it in the same slot
-- generated from checks/credits_have_an_observation.sql by scripts/dialects.py: change that, `make dialects`
SELECT
  c.feed,
  c.slot,
  c.item_id,
  count(*) AS credits
FROM (
  SELECT
    feed,
    slot,
    'track' AS kind,
    track_id AS item_id
  FROM track_artists
  UNION ALL
  SELECT
    feed,
    slot,
    'album' AS kind,
    album_id AS item_id
  FROM album_artists
) AS c
LEFT JOIN (
  SELECT
    feed,
    slot,
    'track' AS kind,
    track_id AS item_id
  FROM track_observations
  UNION ALL
  SELECT
    feed,
    slot,
    'album' AS kind,
    album_id AS item_id
  FROM album_observations
) AS o
  ON o.feed = c.feed AND o.slot = c.slot AND o.kind = c.kind AND o.item_id = c.item_id
WHERE
  o.item_id IS NULL
GROUP BY
  c.feed,
  c.slot,
  c.item_id
