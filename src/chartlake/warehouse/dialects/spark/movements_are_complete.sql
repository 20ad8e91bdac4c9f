-- error: every item of a ranked edition that is not excluded has its movement, once
-- generated from checks/movements_are_complete.sql by scripts/dialects.py: change that, `make dialects`
WITH expected AS (
  SELECT
    d.feed,
    d.scheduled_at,
    count(DISTINCT coalesce(o.counted_as, e.item_key)) AS items
  FROM editions AS d
  INNER JOIN entries AS e
    ON e.feed = d.feed AND e.slot = d.slot
  LEFT JOIN merged_tracks AS o
    ON o.track_id = e.track_id
  LEFT JOIN excluded_items AS xi
    ON xi.item_key = e.item_key
  LEFT JOIN excluded_items AS xo
    ON xo.item_key = o.counted_as
  LEFT JOIN excluded_terms AS xk
    ON xk.kind = 'kind' AND xk.value = e.item_kind
  LEFT JOIN excluded_terms AS xn
    ON xn.kind = 'name'
    AND xn.value = lower(
      translate(
        TRIM(' \u00A0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A\u202F\u205F\u3000' FROM CASE WHEN e.item_kind = 'artist' THEN e.item_name ELSE e.artist_names END),
        'Σİ',
        'σi'
      )
    )
  WHERE
    e.item_key IS NOT NULL
    AND xi.item_key IS NULL
    AND xo.item_key IS NULL
    AND xk.value IS NULL
    AND xn.value IS NULL
  GROUP BY
    d.feed,
    d.scheduled_at
)
SELECT
  c.feed,
  c.chart_date,
  coalesce(i.items, 0) AS items,
  coalesce(m.items, 0) AS movements
FROM chart_editions AS c
LEFT JOIN expected AS i
  ON i.feed = c.feed AND i.scheduled_at = c.scheduled_at
LEFT JOIN (
  SELECT
    feed,
    scheduled_at,
    count(*) AS items
  FROM chart_movements
  GROUP BY
    feed,
    scheduled_at
) AS m
  ON m.feed = c.feed AND m.scheduled_at = c.scheduled_at
WHERE
  coalesce(i.items, 0) <> coalesce(m.items, 0)
