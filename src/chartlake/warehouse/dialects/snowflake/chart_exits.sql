-- one row per feed, item_key and edition that is the first without it
-- key: feed, scheduled_at, item_key
-- generated from marts/chart_exits.sql by scripts/dialects.py: change that, `make dialects`
WITH stays AS (
  SELECT
    feed,
    item_key,
    ordinal - streak AS ordinal_before,
    max(ordinal) AS last_ordinal
  FROM chart_movements
  GROUP BY
    feed,
    item_key,
    ordinal - streak
)
SELECT
  n.feed,
  n.scheduled_at,
  n.chart_date,
  n.ordinal,
  m.item_kind,
  m.item_key,
  m.track_id,
  m.item_name,
  m.artist_names,
  m.chart_date AS last_chart_date,
  m.position AS last_position,
  m.peak_position,
  m.peak_date,
  m.debut_date,
  m.editions_on_chart,
  m.streak AS run_length
FROM stays AS s
INNER JOIN scope AS o
  ON o.feed = s.feed
INNER JOIN chart_editions AS n
  ON n.feed = s.feed AND n.ordinal = s.last_ordinal + 1 AND n.ordinal >= o.first_ordinal
INNER JOIN chart_movements AS m
  ON m.feed = s.feed AND m.item_key = s.item_key AND m.ordinal = s.last_ordinal
ORDER BY
  n.feed,
  n.scheduled_at,
  m.position,
  m.item_key
