-- error: items of the edition before, plus entries, minus exits, are the items of this one
select feed, chart_date, items, previous_items, new_entries, re_entries, exits
from (
    select *, lag(items) over (partition by feed order by scheduled_at) as previous_items
    from chart_turnover
) t
where previous_items + new_entries + re_entries - exits <> items
