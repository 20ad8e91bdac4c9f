-- error: every item of a ranked edition that is not excluded has its movement, once
with expected as (
    select d.feed, d.scheduled_at, count(distinct e.item_key) as items
    from editions d
    inner join counted_entries e on e.feed = d.feed and e.slot = d.slot
    group by d.feed, d.scheduled_at
)

select c.feed, c.chart_date, coalesce(i.items, 0) as items, coalesce(m.items, 0) as movements
from chart_editions c
left join expected i on i.feed = c.feed and i.scheduled_at = c.scheduled_at
left join (
    select feed, scheduled_at, count(*) as items
    from chart_movements
    group by feed, scheduled_at
) m on m.feed = c.feed and m.scheduled_at = c.scheduled_at
where coalesce(i.items, 0) <> coalesce(m.items, 0)
