-- one row per feed and form in which an item stood in a list: its ids and its texts as given
-- key: feed, item_key, item_kind, track_id, item_name, artist_names
-- anew: touched_entries (feed, item_key)
select
    e.feed, e.item_kind, e.item_key, e.track_id, e.item_name, e.artist_names,
    min(e.slot) as first_slot,
    max(e.slot) as last_slot
from entries e
inner join touched_entries t on t.feed = e.feed and t.item_key = e.item_key
group by e.feed, e.item_kind, e.item_key, e.track_id, e.item_name, e.artist_names
order by e.feed, e.item_key, first_slot, e.item_kind, e.track_id, e.item_name, e.artist_names
