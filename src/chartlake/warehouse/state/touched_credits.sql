-- one row per track_id or album_id whose credits are looked at again
-- of: tables
select track_id as item_id from touched_tracks
union
select album_id as item_id from touched_albums
