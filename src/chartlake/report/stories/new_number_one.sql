-- measures the reign that a new number one ends: editions in a row that the one before it was there
with tops as (
    select
        ordinal, item_key, item_name, artist_names,
        lag(item_key) over (order by ordinal) as item_before,
        lag(ordinal) over (order by ordinal) as ordinal_before
    from moves
    where position = 1
),

reigns as (
    select
        *,
        -- who reigns on does not begin: counted, such beginnings number the reigns
        sum(case when item_before = item_key and ordinal_before = ordinal - 1 then 0 else 1 end) over (
            order by ordinal rows between unbounded preceding and current row
        ) as reign
    from tops
),

lengths as (
    select reign, max(ordinal) as last_ordinal, count(*) as length
    from reigns
    group by reign
),

changes as (
    select
        n.ordinal, l.length, n.item_key, n.item_name, n.artist_names,
        b.item_key as item_key_before,
        b.item_name as item_name_before,
        b.artist_names as artist_names_before
    from reigns n
    inner join lengths l on l.last_ordinal = n.ordinal - 1 and l.reign = n.reign - 1
    inner join reigns b on b.ordinal = n.ordinal - 1
)

select
    c.ordinal, c.chart_date,
    r.length as value,
    r.item_key, r.item_name, r.artist_names,
    r.item_key_before, r.item_name_before, r.artist_names_before
from calendar c
left join changes r on r.ordinal = c.ordinal
where c.ordinal > 1
