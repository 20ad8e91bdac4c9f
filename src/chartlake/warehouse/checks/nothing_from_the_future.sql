-- error: no edition or reading is of a time before it was due
-- a charts file has a date and no time: see no_date_from_the_future
select feed, scheduled_at, observed_at
from slots
where scheduled_at > observed_at and source <> 'charts-csv'
