-- warning: no edition repeats the streams of the one before, to the number
with compared as (
    select
        c.feed, c.chart_date, c.previous_chart_date,
        count(*) as items,
        sum(case when m.streams = b.streams and m.streams > 0 then 1 else 0 end) as repeated
    from chart_editions c
    inner join chart_movements m on m.feed = c.feed and m.scheduled_at = c.scheduled_at
    inner join chart_editions p on p.feed = c.feed and p.ordinal = c.ordinal - 1
    left join chart_movements b
        on b.feed = p.feed and b.scheduled_at = p.scheduled_at and b.item_key = m.item_key
    group by c.feed, c.chart_date, c.previous_chart_date
)

select feed, chart_date, previous_chart_date, items
from compared
where repeated = items
