-- error: no edition or reading is of a time before it was due
select feed, scheduled_at, observed_at
from slots
where scheduled_at > observed_at
