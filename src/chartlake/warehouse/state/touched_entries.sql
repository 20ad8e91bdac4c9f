-- one row per feed and item_key that stands in a touched slot
-- of: tables
select distinct e.feed, e.item_key
from entries e
inner join touched_slots s on s.feed = e.feed and s.slot = e.slot
where e.item_key is not null
