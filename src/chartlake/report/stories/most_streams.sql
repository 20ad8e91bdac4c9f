-- measures the most streams of one item in each edition, of those whose streams are all known
with ranked as (
    select
        ordinal, streams, position, item_key, item_name, artist_names,
        row_number() over (partition by ordinal order by streams desc, position) as place
    from moves
    where streams is not null
)

select
    c.ordinal, c.chart_date,
    r.streams as value,
    r.item_key, r.item_name, r.artist_names, r.position
from calendar c
left join ranked r on r.ordinal = c.ordinal and r.place = 1
where c.streams is not null
