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
      trim(
        c.artist_text,
        ' \u00A0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A\u202F\u205F\u3000'
      ),
      'Σİ',
      'σi'
    )
  )
