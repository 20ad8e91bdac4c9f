-- one row per feed, item_key and edition that is the first without it
-- key: feed, scheduled_at, item_key
-- anew: editions in scope
-- generated from marts/chart_exits.sql by scripts/dialects.py: change that, `make dialects`
WITH stays AS (
  SELECT
    m.feed,
    m.ordinal,
    m.item_kind,
    m.item_key,
    m.track_id,
    m.item_name,
    m.artist_names,
    m.chart_date,
    m.position,
    m.peak_position,
    m.peak_date,
    m.debut_date,
    m.editions_on_chart,
    m.streak,
    lead(m.ordinal) OVER (PARTITION BY m.feed, m.item_key ORDER BY m.ordinal) AS next_ordinal
  FROM chart_movements AS m
  INNER JOIN scope AS s
    ON s.feed = m.feed AND m.ordinal >= s.first_ordinal - 1
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
FROM stays AS m
INNER JOIN scope AS s
  ON s.feed = m.feed
INNER JOIN chart_editions AS n
  ON n.feed = m.feed AND n.ordinal = m.ordinal + 1 AND n.ordinal >= s.first_ordinal
WHERE
  m.next_ordinal IS NULL OR m.next_ordinal > m.ordinal + 1
ORDER BY
  n.feed,
  n.scheduled_at,
  last_position,
  m.item_key
