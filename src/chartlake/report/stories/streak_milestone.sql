-- measures the longest of the round streaks that items of each edition reach in it
with ranked as (
    select
        ordinal, streak, position, item_key, item_name, artist_names,
        row_number() over (partition by ordinal order by streak desc, position) as place,
        count(*) over (partition by ordinal, streak) as as_long
    from moves
    where streak in (10, 25, 50, 52, 75, 150, 250, 365) or streak % 100 = 0
)

select
    c.ordinal, c.chart_date,
    r.streak as value,
    r.item_key, r.item_name, r.artist_names, r.position,
    r.as_long - 1 as others
from calendar c
left join ranked r on r.ordinal = c.ordinal and r.place = 1
