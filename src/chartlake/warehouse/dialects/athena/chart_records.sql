-- one row per feed, record and holder: the ten best of each, equals share a place
-- key: feed, record, scheduled_at, item_key, artist_key
-- value is counted in editions, positions, streams or items, as the record's name says
-- generated from marts/chart_records.sql by scripts/dialects.py: change that, `make dialects`
WITH moves AS (
  SELECT
    m.feed,
    m.item_key,
    m.ordinal,
    m.position,
    m.change,
    m.streak,
    m.editions_on_chart,
    m.editions_at_one,
    m.streams
  FROM chart_movements AS m
  INNER JOIN scope AS s
    ON s.feed = m.feed
), stays AS (
  SELECT
    feed,
    item_key,
    ordinal - streak + 1 AS first_ordinal,
    max(ordinal) AS last_ordinal
  FROM moves
  GROUP BY
    feed,
    item_key,
    ordinal - streak + 1
), ends AS (
  SELECT
    feed,
    item_key,
    max(last_ordinal) AS last_ordinal
  FROM stays
  GROUP BY
    feed,
    item_key
), ones AS (
  SELECT
    feed,
    item_key,
    min(ordinal) AS first_ordinal,
    max(ordinal) AS last_ordinal
  FROM moves
  WHERE
    position = 1
  GROUP BY
    feed,
    item_key
), absences AS (
  SELECT
    feed,
    item_key,
    first_ordinal,
    lag(last_ordinal) OVER (PARTITION BY feed, item_key ORDER BY first_ordinal) AS left_ordinal
  FROM stays
), candidates AS (
  SELECT
    feed,
    'longest_streak' AS record,
    last_ordinal - first_ordinal + 1 AS value,
    last_ordinal AS ordinal,
    first_ordinal AS since_ordinal,
    item_key
  FROM stays
  UNION ALL
  SELECT
    m.feed,
    'most_editions' AS record,
    m.editions_on_chart AS value,
    m.ordinal,
    CAST(NULL AS BIGINT) AS since_ordinal,
    m.item_key
  FROM ends AS e
  INNER JOIN moves AS m
    ON m.feed = e.feed AND m.item_key = e.item_key AND m.ordinal = e.last_ordinal
  UNION ALL
  SELECT
    m.feed,
    'most_at_one' AS record,
    m.editions_at_one AS value,
    m.ordinal,
    o.first_ordinal AS since_ordinal,
    m.item_key
  FROM ones AS o
  INNER JOIN moves AS m
    ON m.feed = o.feed AND m.item_key = o.item_key AND m.ordinal = o.last_ordinal
  UNION ALL
  SELECT
    feed,
    'biggest_climb' AS record,
    change AS value,
    ordinal,
    ordinal - 1 AS since_ordinal,
    item_key
  FROM moves
  WHERE
    change > 0
  UNION ALL
  SELECT
    feed,
    'biggest_fall' AS record,
    -change AS value,
    ordinal,
    ordinal - 1 AS since_ordinal,
    item_key
  FROM moves
  WHERE
    change < 0
  UNION ALL
  SELECT
    feed,
    'longest_absence' AS record,
    first_ordinal - left_ordinal - 1 AS value,
    first_ordinal AS ordinal,
    left_ordinal AS since_ordinal,
    item_key
  FROM absences
  WHERE
    left_ordinal IS NOT NULL
  UNION ALL
  SELECT
    feed,
    'most_streams' AS record,
    streams AS value,
    ordinal,
    CAST(NULL AS BIGINT) AS since_ordinal,
    item_key
  FROM moves
  WHERE
    streams IS NOT NULL
), values_ranked AS (
  SELECT
    feed,
    record,
    value,
    row_number() OVER (PARTITION BY feed, record ORDER BY value DESC) AS place
  FROM candidates
), thresholds AS (
  SELECT
    feed,
    record,
    min(value) AS least
  FROM values_ranked
  WHERE
    place <= 10
  GROUP BY
    feed,
    record
), of_items AS (
  SELECT
    c.feed,
    c.record,
    c.value,
    m.item_kind,
    m.item_key,
    m.track_id,
    m.item_name,
    m.artist_names,
    CAST(NULL AS VARCHAR) AS artist_key,
    m.position,
    CASE WHEN c.record = 'most_editions' THEN m.debut_date ELSE since.chart_date END AS since_date,
    m.chart_date,
    m.scheduled_at
  FROM candidates AS c
  INNER JOIN thresholds AS t
    ON t.feed = c.feed AND t.record = c.record AND t.least <= c.value
  INNER JOIN chart_movements AS m
    ON m.feed = c.feed AND m.ordinal = c.ordinal AND m.item_key = c.item_key
  LEFT JOIN chart_editions AS since
    ON since.feed = c.feed AND since.ordinal = c.since_ordinal
), artist_bests AS (
  SELECT
    a.feed,
    a.artist_key,
    a.artist_text,
    a.artist_id,
    a.items,
    a.best_position,
    a.chart_date,
    a.scheduled_at,
    row_number() OVER (PARTITION BY a.feed, a.artist_key ORDER BY a.items DESC, a.scheduled_at) AS place
  FROM artist_editions AS a
  INNER JOIN scope AS s
    ON s.feed = a.feed
), of_artists AS (
  SELECT
    a.feed,
    'most_by_artist' AS record,
    a.items AS value,
    CAST(NULL AS VARCHAR) AS item_kind,
    CAST(NULL AS VARCHAR) AS item_key,
    CAST(NULL AS VARCHAR) AS track_id,
    CAST(NULL AS VARCHAR) AS item_name,
    p.artist_name AS artist_names,
    a.artist_key,
    a.best_position AS position,
    CAST(NULL AS DATE) AS since_date,
    a.chart_date,
    a.scheduled_at
  FROM artist_bests AS a
  INNER JOIN artist_profiles AS p
    ON p.feed = a.feed AND p.artist_key = a.artist_key
  WHERE
    a.place = 1
), together AS (
  SELECT
    *
  FROM of_items
  UNION ALL
  SELECT
    *
  FROM of_artists
), ranked AS (
  SELECT
    feed,
    record,
    value,
    item_kind,
    item_key,
    track_id,
    item_name,
    artist_names,
    artist_key,
    position,
    since_date,
    chart_date,
    scheduled_at,
    rank() OVER (PARTITION BY feed, record ORDER BY value DESC) AS place,
    row_number() OVER (PARTITION BY feed, record ORDER BY value DESC, scheduled_at, position, coalesce(item_key, artist_key)) AS line
  FROM together
)
SELECT
  feed,
  record,
  place,
  value,
  item_kind,
  item_key,
  track_id,
  item_name,
  artist_names,
  artist_key,
  position,
  since_date,
  chart_date,
  scheduled_at
FROM ranked
WHERE
  line <= 10
ORDER BY
  feed,
  record,
  line
