-- one row per feed and item_key that the roster follows, and because of what
-- key: feed, item_key
-- a name fits where it is credited, and in an artist text where it stands whole or between commas;
-- any id and any spelling that the item ever had counts
-- generated from views/roster_items.sql by scripts/dialects.py: change that, `make dialects`
WITH known AS (
  SELECT
    f.feed,
    f.item_kind,
    f.item_key,
    f.track_id,
    lower(
      translate(
        TRIM(U&' \00A0\1680\2000\2001\2002\2003\2004\2005\2006\2007\2008\2009\200A\202F\205F\3000' FROM CASE WHEN f.item_kind = 'artist' THEN f.item_name ELSE f.artist_names END),
        'Σİ',
        'σi'
      )
    ) AS artists,
    translate(t.isrc, 'abcdefghijklmnopqrstuvwxyz- ', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') AS isrc,
    CASE WHEN f.item_kind = 'album' THEN f.item_key ELSE t.album_id END AS album_id
  FROM item_forms AS f
  LEFT JOIN tracks AS t
    ON t.track_id = f.track_id
), fitting AS (
  SELECT
    k.feed,
    k.item_key,
    1 AS place,
    'artist' AS because
  FROM known AS k
  INNER JOIN item_credits AS c
    ON c.item_id = coalesce(k.track_id, k.item_key)
  INNER JOIN roster_terms AS r
    ON r.kind = 'artist' AND r.value = c.artist_id
  UNION ALL
  SELECT
    k.feed,
    k.item_key,
    1 AS place,
    'artist' AS because
  FROM known AS k
  INNER JOIN roster_terms AS r
    ON r.kind = 'artist' AND r.value = k.item_key
  UNION ALL
  SELECT
    k.feed,
    k.item_key,
    2 AS place,
    'track' AS because
  FROM known AS k
  INNER JOIN roster_terms AS r
    ON r.kind = 'track' AND r.value = k.item_key
  UNION ALL
  SELECT
    k.feed,
    k.item_key,
    2 AS place,
    'track' AS because
  FROM known AS k
  INNER JOIN roster_terms AS r
    ON r.kind = 'track' AND r.value = k.track_id
  UNION ALL
  SELECT
    k.feed,
    k.item_key,
    3 AS place,
    'album' AS because
  FROM known AS k
  INNER JOIN roster_terms AS r
    ON r.kind = 'album' AND r.value = k.album_id
  UNION ALL
  SELECT
    k.feed,
    k.item_key,
    4 AS place,
    'isrc' AS because
  FROM known AS k
  INNER JOIN roster_terms AS r
    ON r.kind = 'isrc' AND r.value = k.isrc
  UNION ALL
  SELECT
    k.feed,
    k.item_key,
    5 AS place,
    'name' AS because
  FROM known AS k
  INNER JOIN item_credits AS c
    ON c.item_id = coalesce(k.track_id, k.item_key)
  INNER JOIN roster_terms AS r
    ON r.kind = 'name'
    AND r.value = lower(
      translate(
        TRIM(U&' \00A0\1680\2000\2001\2002\2003\2004\2005\2006\2007\2008\2009\200A\202F\205F\3000' FROM c.artist_text),
        'Σİ',
        'σi'
      )
    )
  UNION ALL
  SELECT
    k.feed,
    k.item_key,
    5 AS place,
    'name' AS because
  FROM known AS k
  INNER JOIN roster_terms AS r
    ON r.kind = 'name'
    AND (
      k.artists = r.value
      OR strpos(concat(', ', coalesce(k.artists, ''), ','), concat(', ', coalesce(r.value, ''), ',')) > 0
    )
), ranked AS (
  SELECT
    feed,
    item_key,
    because,
    row_number() OVER (PARTITION BY feed, item_key ORDER BY place) AS choice
  FROM fitting
)
SELECT
  feed,
  item_key,
  because
FROM ranked
WHERE
  choice = 1
