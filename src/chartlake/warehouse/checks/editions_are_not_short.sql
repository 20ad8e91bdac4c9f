-- warning: no edition has less than nine tenths of the entries of the one before
select feed, chart_date, entry_count, previous_entry_count
from (
    select *, lag(entry_count) over (partition by feed order by scheduled_at) as previous_entry_count
    from chart_editions
) c
where entry_count * 10 < previous_entry_count * 9
