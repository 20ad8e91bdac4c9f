-- error: every entry belongs to an edition, every play to a reading, every reject to one of them
select r.feed, r.slot, count(*) as records
from (
    select feed, slot, 'entry' as kind from entries
    union all
    select feed, slot, 'play' as kind from play_observations
    union all
    select feed, slot, 'reject' as kind from rejects
) r
left join slots s on s.feed = r.feed and s.slot = r.slot
where s.feed is null or (r.kind = 'entry' and not s.is_edition) or (r.kind = 'play' and s.is_edition)
group by r.feed, r.slot
