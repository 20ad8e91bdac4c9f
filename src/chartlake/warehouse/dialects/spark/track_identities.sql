-- one row per track_id that was in a list or observed: what tells which recording it is
-- key: track_id
-- anew: touched_tracks (track_id)
-- text_key is the latest title and artist text in small letters, null where none was given
-- generated from marts/track_identities.sql by scripts/dialects.py: change that, `make dialects`
WITH forms AS (
  SELECT
    f.track_id,
    f.feed,
    f.item_name,
    f.artist_names,
    f.first_slot,
    f.last_slot
  FROM entry_forms AS f
  INNER JOIN touched_tracks AS t
    ON t.track_id = f.track_id
), sightings AS (
  SELECT
    track_id,
    first_slot
  FROM forms
  UNION ALL
  SELECT
    o.track_id,
    o.slot AS first_slot
  FROM track_observations AS o
  INNER JOIN touched_tracks AS t
    ON t.track_id = o.track_id
), first_seen AS (
  SELECT
    track_id,
    min(first_slot) AS first_slot
  FROM sightings
  GROUP BY
    track_id
), texts AS (
  SELECT
    track_id,
    item_name,
    artist_names,
    CAST(row_number() OVER (
      PARTITION BY track_id
      ORDER BY last_slot DESC, feed NULLS LAST, item_name NULLS LAST, artist_names NULLS LAST
    ) AS BIGINT) AS place
  FROM forms
  WHERE
    item_name IS NOT NULL AND artist_names IS NOT NULL
)
SELECT
  s.track_id,
  s.first_slot,
  x.item_name,
  x.artist_names,
  nullif(translate(t.isrc, 'abcdefghijklmnopqrstuvwxyz- ', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'), '') AS isrc,
  CASE
    WHEN x.track_id IS NOT NULL
    THEN concat(
      coalesce(
        replace(
          replace(
            lower(
              translate(
                TRIM(' \u00A0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A\u202F\u205F\u3000' FROM x.item_name),
                'Σİ',
                'σi'
              )
            ),
            '’',
            '\''
          ),
          '`',
          '\''
        ),
        ''
      ),
      '|',
      coalesce(
        replace(
          replace(
            lower(
              translate(
                TRIM(' \u00A0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A\u202F\u205F\u3000' FROM x.artist_names),
                'Σİ',
                'σi'
              )
            ),
            '’',
            '\''
          ),
          '`',
          '\''
        ),
        ''
      )
    )
  END AS text_key
FROM first_seen AS s
LEFT JOIN texts AS x
  ON x.track_id = s.track_id AND x.place = 1
LEFT JOIN tracks AS t
  ON t.track_id = s.track_id
ORDER BY
  s.track_id NULLS LAST
