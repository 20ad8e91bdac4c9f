-- one row per track_id and artist_position: the credits of the latest observation that has any
-- key: track_id, artist_position
-- anew: touched_tracks (track_id)
with latest as (
    select
        o.feed, o.slot, o.track_id,
        row_number() over (partition by o.track_id order by o.observed_at desc, o.feed, o.slot) as place
    from track_observations o
    inner join touched_tracks t on t.track_id = o.track_id
    inner join track_artists c
        on c.feed = o.feed and c.slot = o.slot and c.track_id = o.track_id and c.artist_position = 1
)

select c.track_id, c.artist_position, c.artist_id, c.artist_name
from track_artists c
inner join latest l on l.feed = c.feed and l.slot = c.slot and l.track_id = c.track_id
where l.place = 1
order by c.track_id, c.artist_position
