-- one row per album_id and artist_position: the credits of the latest observation that has any
-- key: album_id, artist_position
-- anew: touched_albums (album_id)
with latest as (
    select
        o.feed, o.slot, o.album_id,
        row_number() over (partition by o.album_id order by o.observed_at desc, o.feed, o.slot) as place
    from album_observations o
    inner join touched_albums t on t.album_id = o.album_id
    inner join album_artists c
        on c.feed = o.feed and c.slot = o.slot and c.album_id = o.album_id and c.artist_position = 1
)

select c.album_id, c.artist_position, c.artist_id, c.artist_name
from album_artists c
inner join latest l on l.feed = c.feed and l.slot = c.slot and l.album_id = c.album_id
where l.place = 1
order by c.album_id, c.artist_position
