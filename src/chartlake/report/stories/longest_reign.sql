-- measures the reign so far of each edition's number one: editions in a row, up to this one
with tops as (
    select
        ordinal, item_key, item_name, artist_names,
        -- equal for editions in a row: both numbers grow by one
        ordinal - row_number() over (partition by item_key order by ordinal) as reign
    from moves
    where position = 1
),

reigns as (
    select
        ordinal, item_key, item_name, artist_names,
        row_number() over (partition by item_key, reign order by ordinal) as length
    from tops
)

select
    c.ordinal, c.chart_date,
    r.length as value,
    r.item_key, r.item_name, r.artist_names
from calendar c
left join reigns r on r.ordinal = c.ordinal
