-- one row per track_id or album_id whose credits are looked at again
-- of: tables
-- generated from state/touched_credits.sql by scripts/dialects.py: change that, `make dialects`
SELECT
  track_id AS item_id
FROM touched_tracks
UNION
SELECT
  album_id AS item_id
FROM touched_albums
