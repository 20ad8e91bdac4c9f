-- error: every slot in the load history has its edition or reading
select l.feed, l.slot
from live_attempts l
left join slots s on s.feed = l.feed and s.slot = l.slot
where s.feed is null
