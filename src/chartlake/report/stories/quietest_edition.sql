-- measures how much changed in each edition: items that came, came back, left or moved
select
    ordinal, chart_date,
    new_entries + re_entries + exits + climbers + fallers as value,
    new_entries, re_entries, exits, climbers + fallers as moved
from turnover
where ordinal > 1
