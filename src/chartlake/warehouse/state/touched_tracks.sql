-- one row per track_id that stands, or is told of, in a touched slot
-- of: tables
select e.track_id
from entries e
inner join touched_slots s on s.feed = e.feed and s.slot = e.slot
where e.track_id is not null
union
select o.track_id
from track_observations o
inner join touched_slots s on s.feed = o.feed and s.slot = o.slot
union
select c.track_id
from track_artists c
inner join touched_slots s on s.feed = c.feed and s.slot = c.slot
