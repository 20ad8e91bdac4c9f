-- one row per album_id that is told of in a touched slot
-- of: tables
select o.album_id
from album_observations o
inner join touched_slots s on s.feed = o.feed and s.slot = o.slot
union
select c.album_id
from album_artists c
inner join touched_slots s on s.feed = c.feed and s.slot = c.slot
