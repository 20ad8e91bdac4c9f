-- one row per feed, item_key and form in which it stood there: its ids and names as given
-- key: feed, item_key, item_kind, track_id, item_name, artist_names
-- anew: touched_items (feed, item_key)
-- generated from marts/item_forms.sql by scripts/dialects.py: change that, `make dialects`
SELECT
  m.feed,
  m.item_kind,
  m.item_key,
  m.track_id,
  m.item_name,
  m.artist_names,
  min(m.chart_date) AS first_chart_date,
  max(m.chart_date) AS last_chart_date,
  count(*) AS editions
FROM chart_movements AS m
INNER JOIN scope AS s
  ON s.feed = m.feed
INNER JOIN touched_items AS t
  ON t.feed = m.feed AND t.item_key = m.item_key
GROUP BY
  m.feed,
  m.item_kind,
  m.item_key,
  m.track_id,
  m.item_name,
  m.artist_names
ORDER BY
  m.feed,
  m.item_key,
  first_chart_date,
  m.item_kind,
  m.track_id,
  m.item_name,
  m.artist_names
