-- one row per thing, attribute and stretch of time in which its value stayed the same
-- key: entity_kind, entity_id, attribute, valid_from
-- anew: touched_things (entity_kind, entity_id)
-- what an answer does not tell has not changed: nulls are left out
-- generated from marts/attribute_history.sql by scripts/dialects.py: change that, `make dialects`
WITH told AS (
  SELECT
    'track' AS entity_kind,
    track_id AS entity_id,
    'name' AS attribute,
    track_name AS value,
    CAST(NULL AS BIGINT) AS value_number,
    observed_at,
    feed,
    slot
  FROM track_observations
  WHERE
    track_name IS NOT NULL
  UNION ALL
  SELECT
    'track' AS entity_kind,
    track_id AS entity_id,
    'popularity' AS attribute,
    CAST(popularity AS VARCHAR) AS value,
    popularity AS value_number,
    observed_at,
    feed,
    slot
  FROM track_observations
  WHERE
    popularity IS NOT NULL
  UNION ALL
  SELECT
    'album' AS entity_kind,
    album_id AS entity_id,
    'name' AS attribute,
    album_name AS value,
    CAST(NULL AS BIGINT) AS value_number,
    observed_at,
    feed,
    slot
  FROM album_observations
  WHERE
    album_name IS NOT NULL
  UNION ALL
  SELECT
    'album' AS entity_kind,
    album_id AS entity_id,
    'popularity' AS attribute,
    CAST(popularity AS VARCHAR) AS value,
    popularity AS value_number,
    observed_at,
    feed,
    slot
  FROM album_observations
  WHERE
    popularity IS NOT NULL
  UNION ALL
  SELECT
    'artist' AS entity_kind,
    artist_id AS entity_id,
    'name' AS attribute,
    artist_name AS value,
    CAST(NULL AS BIGINT) AS value_number,
    observed_at,
    feed,
    slot
  FROM artist_observations
  WHERE
    artist_name IS NOT NULL
  UNION ALL
  SELECT
    'artist' AS entity_kind,
    artist_id AS entity_id,
    'popularity' AS attribute,
    CAST(popularity AS VARCHAR) AS value,
    popularity AS value_number,
    observed_at,
    feed,
    slot
  FROM artist_observations
  WHERE
    popularity IS NOT NULL
  UNION ALL
  SELECT
    'artist' AS entity_kind,
    artist_id AS entity_id,
    'followers' AS attribute,
    CAST(followers AS VARCHAR) AS value,
    followers AS value_number,
    observed_at,
    feed,
    slot
  FROM artist_observations
  WHERE
    followers IS NOT NULL
), ranked AS (
  SELECT
    d.entity_kind,
    d.entity_id,
    d.attribute,
    d.value,
    d.value_number,
    d.observed_at,
    row_number() OVER (PARTITION BY d.entity_kind, d.entity_id, d.attribute, d.observed_at ORDER BY d.feed, d.slot) AS place
  FROM told AS d
  INNER JOIN touched_things AS t
    ON t.entity_kind = d.entity_kind AND t.entity_id = d.entity_id
), compared AS (
  SELECT
    entity_kind,
    entity_id,
    attribute,
    value,
    value_number,
    observed_at,
    lag(value) OVER (PARTITION BY entity_kind, entity_id, attribute ORDER BY observed_at) AS previous_value
  FROM ranked
  WHERE
    place = 1
), numbered AS (
  SELECT
    entity_kind,
    entity_id,
    attribute,
    value,
    value_number,
    observed_at,
    sum(CASE WHEN previous_value IS NULL OR previous_value <> value THEN 1 ELSE 0 END) OVER (
      PARTITION BY entity_kind, entity_id, attribute
      ORDER BY observed_at
      rows BETWEEN UNBOUNDED preceding AND CURRENT ROW
    ) AS stretch
  FROM compared
), stretches AS (
  SELECT
    entity_kind,
    entity_id,
    attribute,
    stretch,
    max(value) AS value,
    max(value_number) AS value_number,
    min(observed_at) AS valid_from,
    max(observed_at) AS last_observed_at,
    count(*) AS observations
  FROM numbered
  GROUP BY
    entity_kind,
    entity_id,
    attribute,
    stretch
)
SELECT
  entity_kind,
  entity_id,
  attribute,
  value,
  value_number,
  valid_from,
  lead(valid_from) OVER (PARTITION BY entity_kind, entity_id, attribute ORDER BY stretch) AS valid_to,
  last_observed_at,
  observations
FROM stretches
ORDER BY
  entity_kind,
  entity_id,
  attribute,
  valid_from
