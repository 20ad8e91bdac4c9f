-- one row per item_key that is excluded by its id, or by who is credited on it
-- key: item_key
-- generated from views/excluded_items.sql by scripts/dialects.py: change that, `make dialects`
SELECT
  value AS item_key
FROM excluded_terms
WHERE
  kind IN ('item', 'artist')
UNION
SELECT
  c.item_id AS item_key
FROM item_credits AS c
INNER JOIN excluded_terms AS x
  ON x.kind = 'artist' AND x.value = c.artist_id
UNION
SELECT
  c.item_id AS item_key
FROM item_credits AS c
INNER JOIN excluded_terms AS x
  ON x.kind = 'name'
  AND x.value = lower(
    translate(
      TRIM(U&' \00A0\1680\2000\2001\2002\2003\2004\2005\2006\2007\2008\2009\200A\202F\205F\3000' FROM c.artist_text),
      'Σİ',
      'σi'
    )
  )
