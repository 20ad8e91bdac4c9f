-- error: every slot in the load history has its edition or reading, or was missed
select l.feed, l.slot
from live_attempts l
left join slots s on s.feed = l.feed and s.slot = l.slot
left join missed_slots m on m.feed = l.feed and m.slot = l.slot
where s.feed is null and m.feed is null
