-- one row per track_id and artist_position: the credits of the track's latest observation
with latest as (
    select
        feed, slot, track_id,
        row_number() over (partition by track_id order by observed_at desc, feed, slot) as place
    from track_observations
)

select c.track_id, c.artist_position, c.artist_id, c.artist_name
from track_artists c
inner join latest l on l.feed = c.feed and l.slot = c.slot and l.track_id = c.track_id
where l.place = 1
