-- error: every slot in the load history has its edition
select l.feed, l.slot
from live_attempts l
left join editions e on e.feed = l.feed and e.slot = l.slot
where e.feed is null
