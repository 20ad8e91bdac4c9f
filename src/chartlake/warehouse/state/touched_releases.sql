-- one row per feed and item_key whose time on the chart, or whose release, is looked at again
-- of: item_profiles
select feed, item_key from touched_items
union
select p.feed, p.item_key
from item_profiles p
inner join touched_tracks t on t.track_id = p.track_id
union
select p.feed, p.item_key
from item_profiles p
inner join tracks t on t.track_id = p.track_id
inner join touched_albums a on a.album_id = t.album_id
union
select p.feed, p.item_key
from item_profiles p
inner join touched_albums a on a.album_id = p.item_key
