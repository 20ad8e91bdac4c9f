-- one row per account of which a touched slot tells plays
-- of: tables
select distinct p.account
from play_observations p
inner join touched_slots s on s.feed = p.feed and s.slot = p.slot
