-- one row per track_id: by what it is known as a recording
-- key: track_id
-- anew: touched_keys (track_id)
-- tracks of one ISRC are one recording; a track without one goes by its title and artist text, in
-- small letters: with the tracks of the one ISRC that has the same text, else with its like
-- generated from marts/recording_keys.sql by scripts/dialects.py: change that, `make dialects`
WITH texts_of_one_isrc AS (
  SELECT
    i.text_key,
    min(i.isrc) AS isrc
  FROM track_identities AS i
  INNER JOIN touched_texts AS t
    ON t.text_key = i.text_key
  WHERE
    i.isrc IS NOT NULL
  GROUP BY
    i.text_key
  HAVING
    count(DISTINCT i.isrc) = 1
)
SELECT
  i.track_id,
  CASE
    WHEN i.isrc IS NOT NULL
    THEN concat('isrc:', coalesce(i.isrc, ''))
    WHEN o.isrc IS NOT NULL
    THEN concat('isrc:', coalesce(o.isrc, ''))
    WHEN i.text_key IS NOT NULL
    THEN concat('text:', coalesce(i.text_key, ''))
    ELSE concat('id:', coalesce(i.track_id, ''))
  END AS recording_key,
  CASE WHEN i.isrc IS NOT NULL THEN 'isrc' WHEN i.text_key IS NOT NULL THEN 'text' ELSE 'id' END AS matched_by
FROM track_identities AS i
INNER JOIN touched_keys AS k
  ON k.track_id = i.track_id
LEFT JOIN texts_of_one_isrc AS o
  ON o.text_key = i.text_key
ORDER BY
  i.track_id
