-- measures the most items that one artist has in each edition
with counted as (
    select ordinal, artist_key, count(*) as items, min(position) as best_position
    from credits
    group by ordinal, artist_key
),

ranked as (
    select
        ordinal, artist_key, items, best_position,
        row_number() over (
            partition by ordinal order by items desc, best_position, artist_key
        ) as place
    from counted
)

select
    c.ordinal, c.chart_date,
    r.items as value,
    r.artist_key,
    p.artist_name as artist_names,
    r.best_position
from calendar c
left join ranked r on r.ordinal = c.ordinal and r.place = 1
left join artist_profiles p on p.feed = c.feed and p.artist_key = r.artist_key
