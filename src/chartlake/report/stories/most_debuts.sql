-- measures how many items of each edition were never on the chart before
select ordinal, chart_date, new_entries as value, items
from turnover
where ordinal > 1
