-- one row per feed, record and holder: the ten best of each, equals share a place
-- key: feed, record, scheduled_at, item_key, artist_key
-- anew: feeds in scope
-- scope: credits
-- value is counted in editions, positions, streams or items, as the record's name says
-- generated from marts/chart_records.sql by scripts/dialects.py: change that, `make dialects`
WITH last_editions AS (
  SELECT
    c.feed,
    max(c.ordinal) AS ordinal
  FROM chart_editions AS c
  INNER JOIN scope AS s
    ON s.feed = c.feed
  GROUP BY
    c.feed
), run_ends AS (
  SELECT
    x.feed,
    x.item_key,
    x.ordinal - 1 AS ordinal,
    x.run_length AS streak,
    x.editions_on_chart
  FROM chart_exits AS x
  INNER JOIN scope AS s
    ON s.feed = x.feed
  UNION ALL
  SELECT
    m.feed,
    m.item_key,
    m.ordinal,
    m.streak,
    m.editions_on_chart
  FROM chart_movements AS m
  INNER JOIN last_editions AS l
    ON l.feed = m.feed AND l.ordinal = m.ordinal
), runs AS (
  SELECT
    feed,
    item_key,
    ordinal,
    streak,
    editions_on_chart,
    lead(ordinal - streak + 1) OVER (PARTITION BY feed, item_key ORDER BY ordinal) AS next_start
  FROM run_ends
), ones AS (
  SELECT
    m.feed,
    m.item_key,
    min(m.ordinal) AS first_ordinal,
    max(m.ordinal) AS last_ordinal,
    max(m.editions_at_one) AS editions_at_one
  FROM chart_movements AS m
  INNER JOIN scope AS s
    ON s.feed = m.feed
  WHERE
    m.position = 1
  GROUP BY
    m.feed,
    m.item_key
), edition_bests AS (
  SELECT
    m.feed,
    m.ordinal,
    max(m.change) AS climb,
    max(-m.change) AS fall,
    max(m.streams) AS streams
  FROM chart_movements AS m
  INNER JOIN scope AS s
    ON s.feed = m.feed
  GROUP BY
    m.feed,
    m.ordinal
), record_bests AS (
  SELECT
    feed,
    'biggest_climb' AS record,
    climb AS value
  FROM edition_bests
  WHERE
    climb > 0
  UNION ALL
  SELECT
    feed,
    'biggest_fall' AS record,
    fall AS value
  FROM edition_bests
  WHERE
    fall > 0
  UNION ALL
  SELECT
    feed,
    'most_streams' AS record,
    streams AS value
  FROM edition_bests
  WHERE
    streams IS NOT NULL
), record_bests_ranked AS (
  SELECT
    feed,
    record,
    value,
    row_number() OVER (PARTITION BY feed, record ORDER BY value DESC) AS place
  FROM record_bests
), bounds AS (
  SELECT
    feed,
    record,
    value AS least
  FROM record_bests_ranked
  WHERE
    place = 10
), candidates AS (
  SELECT
    feed,
    'longest_streak' AS record,
    streak AS value,
    ordinal,
    ordinal - streak + 1 AS since_ordinal,
    item_key
  FROM runs
  UNION ALL
  SELECT
    feed,
    'most_editions' AS record,
    editions_on_chart AS value,
    ordinal,
    CAST(NULL AS BIGINT) AS since_ordinal,
    item_key
  FROM runs
  WHERE
    next_start IS NULL
  UNION ALL
  SELECT
    feed,
    'most_at_one' AS record,
    editions_at_one AS value,
    last_ordinal AS ordinal,
    first_ordinal AS since_ordinal,
    item_key
  FROM ones
  UNION ALL
  SELECT
    feed,
    'longest_absence' AS record,
    next_start - ordinal - 1 AS value,
    next_start AS ordinal,
    ordinal AS since_ordinal,
    item_key
  FROM runs
  WHERE
    next_start IS NOT NULL
  UNION ALL
  SELECT
    m.feed,
    'biggest_climb' AS record,
    m.change AS value,
    m.ordinal,
    m.ordinal - 1 AS since_ordinal,
    m.item_key
  FROM chart_movements AS m
  INNER JOIN scope AS s
    ON s.feed = m.feed
  LEFT JOIN bounds AS b
    ON b.feed = m.feed AND b.record = 'biggest_climb'
  WHERE
    m.change > 0 AND (
      b.least IS NULL OR m.change >= b.least
    )
  UNION ALL
  SELECT
    m.feed,
    'biggest_fall' AS record,
    -m.change AS value,
    m.ordinal,
    m.ordinal - 1 AS since_ordinal,
    m.item_key
  FROM chart_movements AS m
  INNER JOIN scope AS s
    ON s.feed = m.feed
  LEFT JOIN bounds AS b
    ON b.feed = m.feed AND b.record = 'biggest_fall'
  WHERE
    m.change < 0 AND (
      b.least IS NULL OR -m.change >= b.least
    )
  UNION ALL
  SELECT
    m.feed,
    'most_streams' AS record,
    m.streams AS value,
    m.ordinal,
    CAST(NULL AS BIGINT) AS since_ordinal,
    m.item_key
  FROM chart_movements AS m
  INNER JOIN scope AS s
    ON s.feed = m.feed
  LEFT JOIN bounds AS b
    ON b.feed = m.feed AND b.record = 'most_streams'
  WHERE
    m.streams IS NOT NULL AND (
      b.least IS NULL OR m.streams >= b.least
    )
), candidates_ranked AS (
  SELECT
    feed,
    record,
    value,
    ordinal,
    since_ordinal,
    item_key,
    rank() OVER (PARTITION BY feed, record ORDER BY value DESC) AS place
  FROM candidates
), holders AS (
  SELECT
    m.feed,
    m.ordinal,
    m.scheduled_at,
    m.chart_date,
    m.item_kind,
    m.item_key,
    m.track_id,
    m.item_name,
    m.artist_names,
    m.position,
    m.debut_date
  FROM chart_movements AS m
  INNER JOIN scope AS s
    ON s.feed = m.feed
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
  FROM candidates_ranked AS c
  INNER JOIN holders AS m
    ON m.feed = c.feed AND m.ordinal = c.ordinal AND m.item_key = c.item_key
  LEFT JOIN chart_editions AS since
    ON since.feed = c.feed AND since.ordinal = c.since_ordinal
  WHERE
    c.place <= 10
), artists_ranked AS (
  SELECT
    p.feed,
    p.artist_key,
    p.artist_name,
    p.most_at_once,
    rank() OVER (PARTITION BY p.feed ORDER BY p.most_at_once DESC) AS place
  FROM artist_profiles AS p
  INNER JOIN scope AS s
    ON s.feed = p.feed
), artist_bests AS (
  SELECT
    r.feed,
    r.artist_key,
    r.artist_name,
    a.items,
    a.best_position,
    a.chart_date,
    a.scheduled_at,
    row_number() OVER (PARTITION BY r.feed, r.artist_key ORDER BY a.scheduled_at) AS nth
  FROM artists_ranked AS r
  INNER JOIN artist_editions AS a
    ON a.feed = r.feed AND a.artist_key = r.artist_key AND a.items = r.most_at_once
  WHERE
    r.place <= 10
), of_artists AS (
  SELECT
    feed,
    'most_by_artist' AS record,
    items AS value,
    CAST(NULL AS VARCHAR) AS item_kind,
    CAST(NULL AS VARCHAR) AS item_key,
    CAST(NULL AS VARCHAR) AS track_id,
    CAST(NULL AS VARCHAR) AS item_name,
    artist_name AS artist_names,
    artist_key,
    best_position AS position,
    CAST(NULL AS DATE) AS since_date,
    chart_date,
    scheduled_at
  FROM artist_bests
  WHERE
    nth = 1
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
  place,
  scheduled_at,
  position,
  coalesce(item_key, artist_key)
