-- measures the best position of each edition at which an item came in that was never there before
with ranked as (
    select
        ordinal, position, item_key, item_name, artist_names,
        row_number() over (partition by ordinal order by position) as place
    from moves
    where movement = 'new'
)

select
    c.ordinal, c.chart_date,
    r.position as value,
    r.item_key, r.item_name, r.artist_names
from calendar c
left join ranked r on r.ordinal = c.ordinal and r.place = 1
where c.ordinal > 1
