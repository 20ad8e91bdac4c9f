-- error: every entry and reject belongs to an edition
select r.feed, r.slot, count(*) as records
from (
    select feed, slot from entries
    union all
    select feed, slot from rejects
) r
left join editions e on e.feed = r.feed and e.slot = r.slot
where e.feed is null
group by r.feed, r.slot
