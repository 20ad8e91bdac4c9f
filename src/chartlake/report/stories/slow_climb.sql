-- measures the slowest climb that each edition tops: how many editions, ten at least, an item took to
-- get as high as never before
with steps as (
    select
        ordinal, position, editions_on_chart, item_key, item_name, artist_names,
        lag(peak_position) over (partition by item_key order by ordinal) as peak_before,
        min(ordinal) over (partition by item_key) as debut_ordinal
    from moves
),

ranked as (
    select
        ordinal, position, editions_on_chart, item_key, item_name, artist_names, debut_ordinal,
        row_number() over (partition by ordinal order by editions_on_chart desc, position) as place
    from steps
    where position < peak_before and editions_on_chart >= 10
)

select
    c.ordinal, c.chart_date,
    r.editions_on_chart as value,
    r.item_key, r.item_name, r.artist_names, r.position, r.debut_ordinal
from calendar c
left join ranked r on r.ordinal = c.ordinal and r.place = 1
where c.ordinal > 1
