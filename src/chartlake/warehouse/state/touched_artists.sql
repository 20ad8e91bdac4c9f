-- one row per artist_id that is told of in a touched slot
-- of: tables
select distinct o.artist_id
from artist_observations o
inner join touched_slots s on s.feed = o.feed and s.slot = o.slot
