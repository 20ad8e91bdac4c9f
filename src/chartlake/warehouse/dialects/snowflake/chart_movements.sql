-- one row per feed, ranked edition and item_key: where it stands and how it came there
-- key: feed, scheduled_at, item_key
-- anew: editions in scope
-- compared with the edition before that exists: a missing edition neither breaks nor lengthens a
-- streak. What is counted along starts from item_states, the last rows of each item before `scope`
-- generated from marts/chart_movements.sql by scripts/dialects.py: change that, `make dialects`
WITH placed AS (
  SELECT
    t.feed,
    t.ordinal,
    t.chart_date,
    coalesce(o.counted_as, e.item_key) AS item_key,
    e.item_kind,
    e.track_id,
    e.item_name,
    e.artist_names,
    e.position,
    e.streams,
    row_number() OVER (PARTITION BY t.feed, t.ordinal, coalesce(o.counted_as, e.item_key) ORDER BY e.position) AS best_first
  FROM timeline AS t
  INNER JOIN scope AS s
    ON s.feed = t.feed AND s.first_ordinal <= t.ordinal
  INNER JOIN entries AS e
    ON e.feed = t.feed AND e.slot = t.slot
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
        trim(
          CASE WHEN e.item_kind = 'artist' THEN e.item_name ELSE e.artist_names END,
          ' \u00A0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A\u202F\u205F\u3000'
        ),
        'Σİ',
        'σi'
      )
    )
  WHERE
    t.is_edition
    AND e.item_key IS NOT NULL
    AND xi.item_key IS NULL
    AND xo.item_key IS NULL
    AND xk.value IS NULL
    AND xn.value IS NULL
), marks AS (
  SELECT
    feed,
    ordinal,
    chart_date,
    item_key,
    item_kind,
    track_id,
    item_name,
    artist_names,
    position,
    streams,
    FALSE AS is_known,
    CAST(NULL AS BIGINT) AS known_peak,
    CAST(NULL AS DATE) AS known_peak_date,
    CAST(NULL AS DATE) AS known_debut_date,
    CAST(NULL AS BIGINT) AS known_debut_position,
    CAST(NULL AS BIGINT) AS known_editions,
    CAST(NULL AS BIGINT) AS known_streak,
    CAST(NULL AS BIGINT) AS known_at_one,
    CAST(NULL AS BIGINT) AS known_streams
  FROM placed
  WHERE
    best_first = 1
  UNION ALL
  SELECT
    feed,
    ordinal,
    CAST(NULL AS DATE) AS chart_date,
    item_key,
    CAST(NULL AS VARCHAR) AS item_kind,
    CAST(NULL AS VARCHAR) AS track_id,
    CAST(NULL AS VARCHAR) AS item_name,
    CAST(NULL AS VARCHAR) AS artist_names,
    position,
    streams,
    TRUE AS is_known,
    peak_position AS known_peak,
    peak_date AS known_peak_date,
    debut_date AS known_debut_date,
    debut_position AS known_debut_position,
    editions_on_chart AS known_editions,
    streak AS known_streak,
    editions_at_one AS known_at_one,
    streams_total AS known_streams
  FROM item_states
), history AS (
  SELECT
    feed,
    ordinal,
    chart_date,
    item_key,
    item_kind,
    track_id,
    item_name,
    artist_names,
    position,
    streams,
    is_known,
    known_peak_date,
    known_streak,
    lag(ordinal) OVER (PARTITION BY feed, item_key ORDER BY ordinal) AS last_ordinal,
    lag(position) OVER (PARTITION BY feed, item_key ORDER BY ordinal) AS last_position,
    lag(streams) OVER (PARTITION BY feed, item_key ORDER BY ordinal) AS last_streams,
    min(coalesce(known_peak, position)) OVER (PARTITION BY feed, item_key ORDER BY ordinal rows BETWEEN UNBOUNDED preceding AND CURRENT ROW) AS peak_position,
    min(coalesce(known_peak, position)) OVER (PARTITION BY feed, item_key ORDER BY ordinal rows BETWEEN UNBOUNDED preceding AND 1 preceding) AS peak_before,
    first_value(coalesce(known_debut_position, position)) OVER (PARTITION BY feed, item_key ORDER BY ordinal rows BETWEEN UNBOUNDED preceding AND CURRENT ROW) AS debut_position,
    first_value(coalesce(known_debut_date, chart_date)) OVER (PARTITION BY feed, item_key ORDER BY ordinal rows BETWEEN UNBOUNDED preceding AND CURRENT ROW) AS debut_date,
    coalesce(
      max(known_editions) OVER (PARTITION BY feed, item_key ORDER BY ordinal rows BETWEEN UNBOUNDED preceding AND CURRENT ROW),
      0
    ) + sum(CASE WHEN is_known THEN 0 ELSE 1 END) OVER (PARTITION BY feed, item_key ORDER BY ordinal rows BETWEEN UNBOUNDED preceding AND CURRENT ROW) AS editions_on_chart,
    coalesce(
      max(known_at_one) OVER (PARTITION BY feed, item_key ORDER BY ordinal rows BETWEEN UNBOUNDED preceding AND CURRENT ROW),
      0
    ) + sum(CASE WHEN position = 1 AND NOT is_known THEN 1 ELSE 0 END) OVER (PARTITION BY feed, item_key ORDER BY ordinal rows BETWEEN UNBOUNDED preceding AND CURRENT ROW) AS editions_at_one,
    coalesce(
      max(known_streams) OVER (PARTITION BY feed, item_key ORDER BY ordinal rows BETWEEN UNBOUNDED preceding AND CURRENT ROW),
      0
    ) + coalesce(
      sum(CASE WHEN NOT is_known THEN streams END) OVER (PARTITION BY feed, item_key ORDER BY ordinal rows BETWEEN UNBOUNDED preceding AND CURRENT ROW),
      0
    ) AS known_streams_total,
    sum(CASE WHEN streams IS NULL OR (
      is_known AND known_streams IS NULL
    ) THEN 1 ELSE 0 END) OVER (PARTITION BY feed, item_key ORDER BY ordinal rows BETWEEN UNBOUNDED preceding AND CURRENT ROW) AS unknown_streams,
    sum(streams) OVER (PARTITION BY feed, item_key ORDER BY ordinal range BETWEEN 6 preceding AND CURRENT ROW) AS known_streams_7,
    sum(CASE WHEN streams IS NULL THEN 1 ELSE 0 END) OVER (PARTITION BY feed, item_key ORDER BY ordinal range BETWEEN 6 preceding AND CURRENT ROW) AS unknown_streams_7
  FROM marks
), runs AS (
  SELECT
    *,
    max(
      CASE
        WHEN is_known
        THEN known_peak_date
        WHEN peak_before IS NULL OR position < peak_before
        THEN chart_date
      END
    ) OVER (PARTITION BY feed, item_key ORDER BY ordinal rows BETWEEN UNBOUNDED preceding AND CURRENT ROW) AS peak_date,
    max(
      CASE
        WHEN is_known
        THEN ordinal - known_streak + 1
        WHEN last_ordinal IS NULL OR last_ordinal < ordinal - 1
        THEN ordinal
      END
    ) OVER (PARTITION BY feed, item_key ORDER BY ordinal rows BETWEEN UNBOUNDED preceding AND CURRENT ROW) AS run_start,
    CASE WHEN last_ordinal = ordinal - 1 THEN last_position END AS previous_position,
    CASE WHEN last_ordinal = ordinal - 1 THEN last_streams END AS previous_streams
  FROM history
)
SELECT
  r.feed,
  c.scheduled_at,
  r.chart_date,
  r.ordinal,
  r.item_kind,
  r.item_key,
  r.track_id,
  r.item_name,
  r.artist_names,
  r.position,
  r.previous_position,
  r.previous_position - r.position AS change,
  CASE
    WHEN r.ordinal = 1
    THEN 'first'
    WHEN r.last_ordinal IS NULL
    THEN 'new'
    WHEN r.previous_position IS NULL
    THEN 're_entry'
    WHEN r.position < r.previous_position
    THEN 'up'
    WHEN r.position > r.previous_position
    THEN 'down'
    ELSE 'same'
  END AS movement,
  r.peak_position,
  r.peak_date,
  r.debut_date,
  r.debut_position,
  CAST(r.editions_on_chart AS BIGINT) AS editions_on_chart,
  r.ordinal - r.run_start + 1 AS streak,
  CAST(r.editions_at_one AS BIGINT) AS editions_at_one,
  CAST(c.length + 1 - r.position AS DOUBLE) / nullif(c.length, 0) AS chart_points,
  r.streams,
  r.streams - r.previous_streams AS streams_change,
  CASE
    WHEN r.previous_streams > 0
    THEN 100 * CAST(r.streams - r.previous_streams AS DOUBLE) / r.previous_streams
  END AS streams_change_percent,
  CASE WHEN r.ordinal >= 7 AND r.unknown_streams_7 = 0 THEN CAST(r.known_streams_7 AS BIGINT) END AS streams_7,
  CASE WHEN r.unknown_streams = 0 THEN CAST(r.known_streams_total AS BIGINT) END AS streams_total,
  CASE WHEN c.streams > 0 THEN CAST(r.streams AS DOUBLE) / c.streams END AS streams_share
FROM runs AS r
INNER JOIN chart_editions AS c
  ON c.feed = r.feed AND c.ordinal = r.ordinal
WHERE
  NOT r.is_known
ORDER BY
  r.feed,
  c.scheduled_at,
  r.position,
  r.item_key
