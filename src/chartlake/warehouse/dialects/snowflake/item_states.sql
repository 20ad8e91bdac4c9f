-- one row per feed, item_key and edition before scope that what comes next is counted on from: the
-- item's last, and those of the six editions before scope
-- generated from state/item_states.sql by scripts/dialects.py: change that, `make dialects`
WITH latest AS (
  SELECT
    m.feed,
    m.item_key,
    max(m.ordinal) AS ordinal
  FROM chart_movements AS m
  INNER JOIN scope AS s
    ON s.feed = m.feed AND m.ordinal < s.first_ordinal
  GROUP BY
    m.feed,
    m.item_key
)
SELECT
  m.feed,
  m.ordinal,
  m.item_key,
  m.position,
  m.streams,
  m.peak_position,
  m.peak_date,
  m.debut_date,
  m.debut_position,
  m.editions_on_chart,
  m.streak,
  m.editions_at_one,
  m.streams_total
FROM chart_movements AS m
INNER JOIN scope AS s
  ON s.feed = m.feed AND m.ordinal < s.first_ordinal
INNER JOIN latest AS l
  ON l.feed = m.feed AND l.item_key = m.item_key
WHERE
  m.ordinal = l.ordinal OR m.ordinal >= s.first_ordinal - 6
