-- measures the most items that one artist has in each edition, from two on
-- in a list of artists an item is the artist and not by one
with counted as (
    select ordinal, artist_key, count(*) as items, min(position) as best_position
    from credits
    where item_key <> artist_key
    group by ordinal, artist_key
),

ranked as (
    select
        ordinal, artist_key, items, best_position,
        row_number() over (
            partition by ordinal order by items desc, best_position, artist_key
        ) as place
    from counted
    where items > 1
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
