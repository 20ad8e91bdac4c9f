-- error: the artists of a track or an album are told by an observation of it in the same slot
select c.feed, c.slot, c.item_id, count(*) as credits
from (
    select feed, slot, 'track' as kind, track_id as item_id from track_artists
    union all
    select feed, slot, 'album' as kind, album_id as item_id from album_artists
) c
left join (
    select feed, slot, 'track' as kind, track_id as item_id from track_observations
    union all
    select feed, slot, 'album' as kind, album_id as item_id from album_observations
) o on o.feed = c.feed and o.slot = c.slot and o.kind = c.kind and o.item_id = c.item_id
where o.item_id is null
group by c.feed, c.slot, c.item_id
