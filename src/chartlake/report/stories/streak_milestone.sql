-- measures which items of each edition reach in it the longest of the round streaks reached in this one
with longest as (
    select max(streak) as streak
    from moves
    where
        ordinal = $ordinal
        and (streak in (10, 25, 50, 52, 75, 150, 250, 365) or streak % 100 = 0)
),

ranked as (
    select
        m.ordinal, m.streak, m.position, m.item_key, m.item_name, m.artist_names,
        row_number() over (partition by m.ordinal order by m.position) as place,
        count(*) over (partition by m.ordinal) as as_long
    from moves m
    inner join longest l on l.streak = m.streak
)

select
    c.ordinal, c.chart_date,
    r.streak as value,
    r.item_key, r.item_name, r.artist_names, r.position,
    r.as_long - 1 as others
from calendar c
left join ranked r on r.ordinal = c.ordinal and r.place = 1
