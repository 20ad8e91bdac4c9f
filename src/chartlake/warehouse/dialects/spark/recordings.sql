-- one row per track_id that was in a list or observed: the recording that it is
-- key: track_id
-- tracks of one ISRC are one recording; a track without one goes by its title and artist text, in
-- small letters: with the tracks of the one ISRC that has the same text, else with its like
-- generated from marts/recordings.sql by scripts/dialects.py: change that, `make dialects`
WITH appearances AS (
  SELECT
    track_id,
    min(slot) AS first_slot,
    max(CASE WHEN item_name IS NOT NULL AND artist_names IS NOT NULL THEN slot END) AS text_slot
  FROM entries
  WHERE
    track_id IS NOT NULL
  GROUP BY
    track_id
), ranked_texts AS (
  SELECT
    e.track_id,
    e.item_name,
    e.artist_names,
    CAST(row_number() OVER (PARTITION BY e.track_id ORDER BY e.feed NULLS LAST, e.position NULLS LAST) AS BIGINT) AS place
  FROM appearances AS a
  INNER JOIN entries AS e
    ON e.track_id = a.track_id AND e.slot = a.text_slot
  WHERE
    e.item_name IS NOT NULL AND e.artist_names IS NOT NULL
), sightings AS (
  SELECT
    track_id,
    first_slot
  FROM appearances
  UNION ALL
  SELECT
    track_id,
    slot AS first_slot
  FROM track_observations
), first_seen AS (
  SELECT
    track_id,
    min(first_slot) AS first_slot
  FROM sightings
  GROUP BY
    track_id
), described AS (
  SELECT
    f.track_id,
    f.first_slot,
    n.item_name,
    n.artist_names,
    nullif(translate(t.isrc, 'abcdefghijklmnopqrstuvwxyz- ', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'), '') AS isrc,
    concat(
      coalesce(
        replace(
          replace(
            lower(
              translate(
                TRIM(' \u00A0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A\u202F\u205F\u3000' FROM n.item_name),
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
                TRIM(' \u00A0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A\u202F\u205F\u3000' FROM n.artist_names),
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
    ) AS text_key,
    n.track_id IS NOT NULL AS has_text
  FROM first_seen AS f
  LEFT JOIN ranked_texts AS n
    ON n.track_id = f.track_id AND n.place = 1
  LEFT JOIN tracks AS t
    ON t.track_id = f.track_id
), texts_of_one_isrc AS (
  SELECT
    text_key,
    min(isrc) AS isrc
  FROM described
  WHERE
    has_text AND isrc IS NOT NULL
  GROUP BY
    text_key
  HAVING
    count(DISTINCT isrc) = 1
), matched AS (
  SELECT
    d.track_id,
    d.first_slot,
    d.item_name,
    d.artist_names,
    d.isrc,
    CASE
      WHEN d.isrc IS NOT NULL
      THEN concat('isrc:', coalesce(d.isrc, ''))
      WHEN o.isrc IS NOT NULL
      THEN concat('isrc:', coalesce(o.isrc, ''))
      WHEN d.has_text
      THEN concat('text:', coalesce(d.text_key, ''))
      ELSE concat('id:', coalesce(d.track_id, ''))
    END AS recording_key,
    CASE WHEN d.isrc IS NOT NULL THEN 'isrc' WHEN d.has_text THEN 'text' ELSE 'id' END AS matched_by
  FROM described AS d
  LEFT JOIN texts_of_one_isrc AS o
    ON o.text_key = d.text_key AND d.has_text
)
SELECT
  track_id,
  recording_key,
  matched_by,
  first_value(track_id) OVER (
    PARTITION BY recording_key
    ORDER BY first_slot NULLS LAST, track_id NULLS LAST
    rows BETWEEN UNBOUNDED preceding AND UNBOUNDED following
  ) AS counted_as,
  count(*) OVER (PARTITION BY recording_key) AS track_ids,
  isrc,
  item_name,
  artist_names,
  first_slot
FROM matched
ORDER BY
  recording_key NULLS LAST,
  first_slot NULLS LAST,
  track_id NULLS LAST
