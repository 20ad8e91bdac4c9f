-- error: every entry belongs to an edition, every play to a reading, every reject to one of them
-- generated from checks/entries_have_an_edition.sql by scripts/dialects.py: change that, `make dialects`
SELECT
  r.feed,
  r.slot,
  count(*) AS records
FROM (
  SELECT
    feed,
    slot,
    'entry' AS kind
  FROM entries
  UNION ALL
  SELECT
    feed,
    slot,
    'play' AS kind
  FROM play_observations
  UNION ALL
  SELECT
    feed,
    slot,
    'reject' AS kind
  FROM rejects
) AS r
LEFT JOIN slots AS s
  ON s.feed = r.feed AND s.slot = r.slot
WHERE
  s.feed IS NULL
  OR (
    r.kind = 'entry' AND NOT s.is_edition
  )
  OR (
    r.kind = 'play' AND s.is_edition
  )
GROUP BY
  r.feed,
  r.slot
