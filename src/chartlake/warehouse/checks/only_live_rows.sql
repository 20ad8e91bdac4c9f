-- error: every edition comes from the live attempt of its slot
select e.feed, e.slot, e.attempt_id, l.attempt_id as live_attempt_id
from editions e
left join live_attempts l on l.feed = e.feed and l.slot = e.slot
where l.attempt_id is null or l.attempt_id <> e.attempt_id
