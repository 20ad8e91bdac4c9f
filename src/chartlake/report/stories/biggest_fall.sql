-- measures the biggest fall of each edition: positions lost since the edition before
with ranked as (
    select
        ordinal, change, position, previous_position, item_key, item_name, artist_names,
        row_number() over (partition by ordinal order by change, position) as place
    from moves
    where movement = 'down'
)

select
    c.ordinal, c.chart_date,
    -r.change as value,
    r.item_key, r.item_name, r.artist_names, r.position, r.previous_position
from calendar c
left join ranked r on r.ordinal = c.ordinal and r.place = 1
where c.ordinal > 1
