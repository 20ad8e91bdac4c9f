-- error: no edition was read before it was due
select feed, scheduled_at, observed_at
from editions
where scheduled_at > observed_at
