-- one row per feed, edition, item and measure in which the source's own number is another than ours
-- key: feed, scheduled_at, item_key, measure
-- anew: editions in scope
-- scope: recordings
-- explained where the source knows editions that are not here, or one song under two ids
-- generated from marts/reported_differences.sql by scripts/dialects.py: change that, `make dialects`
WITH given AS (
  SELECT
    m.feed,
    m.scheduled_at,
    m.chart_date,
    m.ordinal,
    m.item_key,
    m.track_id,
    m.item_name,
    m.artist_names,
    m.position,
    m.peak_position,
    m.editions_on_chart,
    m.previous_position,
    e.reported_peak,
    e.reported_time_on_chart,
    e.reported_previous_rank IS NOT NULL AS tells_previous,
    CASE WHEN e.reported_previous_rank > 0 THEN e.reported_previous_rank END AS reported_previous
  FROM chart_movements AS m
  INNER JOIN scope AS s
    ON s.feed = m.feed AND s.first_ordinal <= m.ordinal
  INNER JOIN timeline AS t
    ON t.feed = m.feed AND t.scheduled_at = m.scheduled_at
  INNER JOIN entries AS e
    ON e.feed = m.feed AND e.slot = t.slot AND e.position = m.position
  WHERE
    e.reported_peak IS NOT NULL
    OR e.reported_time_on_chart IS NOT NULL
    OR e.reported_previous_rank IS NOT NULL
), measured AS (
  SELECT
    feed,
    scheduled_at,
    chart_date,
    ordinal,
    item_key,
    track_id,
    item_name,
    artist_names,
    position,
    'peak' AS measure,
    peak_position AS ours,
    reported_peak AS reported
  FROM given
  WHERE
    reported_peak <> peak_position
  UNION ALL
  SELECT
    feed,
    scheduled_at,
    chart_date,
    ordinal,
    item_key,
    track_id,
    item_name,
    artist_names,
    position,
    'time_on_chart' AS measure,
    editions_on_chart AS ours,
    reported_time_on_chart AS reported
  FROM given
  WHERE
    reported_time_on_chart <> editions_on_chart
  UNION ALL
  SELECT
    feed,
    scheduled_at,
    chart_date,
    ordinal,
    item_key,
    track_id,
    item_name,
    artist_names,
    position,
    'previous_rank' AS measure,
    previous_position AS ours,
    reported_previous AS reported
  FROM given
  WHERE
    tells_previous AND coalesce(reported_previous, -1) <> coalesce(previous_position, -1)
), gaps AS (
  SELECT
    c.feed,
    c.ordinal,
    c.missing_before,
    sum(coalesce(c.missing_before, 0)) OVER (PARTITION BY c.feed ORDER BY c.ordinal NULLS LAST rows BETWEEN UNBOUNDED preceding AND CURRENT ROW) AS missing_so_far
  FROM chart_editions AS c
  INNER JOIN scope AS s
    ON s.feed = c.feed
), charted AS (
  SELECT
    m.feed,
    m.ordinal,
    m.position,
    m.track_id
  FROM chart_movements AS m
  INNER JOIN scope AS s
    ON s.feed = m.feed
), ids AS (
  SELECT
    m.feed,
    r.recording_key,
    m.track_id,
    min(m.ordinal) AS first_ordinal
  FROM charted AS m
  INNER JOIN recordings AS r
    ON r.track_id = m.track_id AND r.track_ids > 1
  GROUP BY
    m.feed,
    r.recording_key,
    m.track_id
), other_ids AS (
  SELECT
    a.feed,
    a.track_id,
    min(b.first_ordinal) AS first_ordinal
  FROM ids AS a
  INNER JOIN ids AS b
    ON b.feed = a.feed AND b.recording_key = a.recording_key AND b.track_id <> a.track_id
  GROUP BY
    a.feed,
    a.track_id
), charted_before AS (
  SELECT
    m.feed,
    m.ordinal,
    m.position,
    m.track_id
  FROM chart_movements AS m
  INNER JOIN scope AS s
    ON s.feed = m.feed AND s.first_ordinal <= m.ordinal + 1
), others_before AS (
  SELECT
    d.feed,
    d.ordinal,
    d.item_key,
    max(1) AS is_there
  FROM measured AS d
  INNER JOIN charted_before AS b
    ON b.feed = d.feed AND b.ordinal = d.ordinal - 1 AND b.position = d.reported
  INNER JOIN recordings AS ours
    ON ours.track_id = d.track_id
  INNER JOIN recordings AS theirs
    ON theirs.track_id = b.track_id AND theirs.recording_key = ours.recording_key
  WHERE
    d.measure = 'previous_rank' AND b.track_id <> d.track_id
  GROUP BY
    d.feed,
    d.ordinal,
    d.item_key
)
SELECT
  d.feed,
  d.scheduled_at,
  d.chart_date,
  d.item_key,
  d.track_id,
  d.item_name,
  d.artist_names,
  d.position,
  d.measure,
  d.ours,
  d.reported,
  CASE
    WHEN d.measure = 'previous_rank' AND d.ordinal = 1
    THEN 'before_first_edition'
    WHEN d.measure = 'previous_rank' AND g.missing_before > 0
    THEN 'missing_editions'
    WHEN d.measure = 'previous_rank' AND p.is_there = 1
    THEN 'other_id'
    WHEN d.measure = 'previous_rank'
    THEN 'unexplained'
    WHEN d.measure = 'peak' AND d.reported > d.ours
    THEN 'unexplained'
    WHEN d.measure = 'time_on_chart' AND d.reported < d.ours
    THEN 'unexplained'
    WHEN o.first_ordinal <= d.ordinal
    THEN 'other_id'
    WHEN g.missing_so_far > 0 AND (
      d.measure = 'peak' OR d.reported - d.ours <= g.missing_so_far
    )
    THEN 'missing_editions'
    ELSE 'before_first_edition'
  END AS explanation
FROM measured AS d
INNER JOIN gaps AS g
  ON g.feed = d.feed AND g.ordinal = d.ordinal
LEFT JOIN other_ids AS o
  ON o.feed = d.feed AND o.track_id = d.track_id
LEFT JOIN others_before AS p
  ON p.feed = d.feed AND p.ordinal = d.ordinal AND p.item_key = d.item_key
ORDER BY
  d.feed NULLS LAST,
  d.scheduled_at NULLS LAST,
  d.position NULLS LAST,
  d.item_key NULLS LAST,
  d.measure NULLS LAST
