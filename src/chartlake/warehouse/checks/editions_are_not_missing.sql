-- warning: no due edition is missing between two that are there
-- (or reading, of a feed that is no ranked list)
select feed, previous_chart_date, chart_date, missing_before
from timeline
where missing_before > 0
