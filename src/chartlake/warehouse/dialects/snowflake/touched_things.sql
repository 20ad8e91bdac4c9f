-- one row per kind and id of which a touched slot tells attributes
-- of: tables
-- generated from state/touched_things.sql by scripts/dialects.py: change that, `make dialects`
SELECT
  'track' AS entity_kind,
  track_id AS entity_id
FROM touched_tracks
UNION ALL
SELECT
  'album' AS entity_kind,
  album_id AS entity_id
FROM touched_albums
UNION ALL
SELECT
  'artist' AS entity_kind,
  artist_id AS entity_id
FROM touched_artists
