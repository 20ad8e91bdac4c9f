-- warning: no due edition is missing between two that are there
select feed, previous_chart_date, chart_date, missing_before
from chart_editions
where missing_before > 0
