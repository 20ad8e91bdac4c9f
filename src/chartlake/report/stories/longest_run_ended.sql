-- measures the longest stay that ends with each edition: editions in a row up to the one before
with ranked as (
    select
        ordinal, run_length, last_position, peak_position, item_key, item_name, artist_names,
        row_number() over (partition by ordinal order by run_length desc, last_position) as place
    from leavers
)

select
    c.ordinal, c.chart_date,
    r.run_length as value,
    r.item_key, r.item_name, r.artist_names, r.last_position, r.peak_position
from calendar c
left join ranked r on r.ordinal = c.ordinal and r.place = 1
where c.ordinal > 1
