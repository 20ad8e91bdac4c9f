-- one row per kind and id of which a touched slot tells attributes
-- of: tables
select 'track' as entity_kind, track_id as entity_id from touched_tracks
union all
select 'album' as entity_kind, album_id as entity_id from touched_albums
union all
select 'artist' as entity_kind, artist_id as entity_id from touched_artists
