-- error: no chart date is more than a day after it was seen
-- in the east it may be tomorrow already
select feed, chart_date, observed_at
from slots
where chart_date > cast(observed_at as date) + 1
