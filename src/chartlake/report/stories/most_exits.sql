-- measures how many items of the edition before are gone in each edition
select ordinal, chart_date, exits as value, turnover
from turnover
where ordinal > 1
