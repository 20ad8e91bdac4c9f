-- measures the longest absence that a re-entry of each edition ends: editions without the item
with ranked as (
    select
        m.ordinal, r.editions_away, x.last_chart_date,
        m.position, m.item_key, m.item_name, m.artist_names,
        row_number() over (partition by m.ordinal order by r.editions_away desc, m.position) as place
    from moves m
    inner join chart_returns r
        on r.feed = m.feed and r.returned_at = m.scheduled_at and r.item_key = m.item_key
    inner join leavers x on x.scheduled_at = r.scheduled_at and x.item_key = r.item_key
    where m.movement = 're_entry'
)

select
    c.ordinal, c.chart_date,
    r.editions_away as value,
    r.item_key, r.item_name, r.artist_names, r.position, r.last_chart_date
from calendar c
left join ranked r on r.ordinal = c.ordinal and r.place = 1
where c.ordinal > 1
