-- one row per feed and slot with records that could be used: how many, and how far they reach
-- key: feed, slot
-- anew: touched_slots (feed, slot)
with usable as (
    select feed, slot, item_kind, position, streams from entries
    union all
    select feed, slot, item_kind, position, cast(null as bigint) as streams from play_observations
)

select
    u.feed, u.slot,
    count(*) as records,
    cast(sum(case when u.item_kind = 'unavailable' then 1 else 0 end) as bigint) as unavailable,
    max(u.position) as last_position,
    -- a sum of what is partly unknown would be too small
    cast(case when count(u.streams) = count(*) then sum(u.streams) end as bigint) as streams
from usable u
inner join touched_slots t on t.feed = u.feed and t.slot = u.slot
group by u.feed, u.slot
order by u.feed, u.slot
