-- one row per feed, item_key and exit: when the item came back, if it did
-- key: feed, scheduled_at, item_key
with comebacks as (
    select
        x.feed, x.ordinal, x.item_key, m.ordinal as returned_ordinal,
        m.scheduled_at as returned_at, m.chart_date as returned_date, m.position as returned_position,
        row_number() over (partition by x.feed, x.ordinal, x.item_key order by m.ordinal) as place
    from chart_exits x
    inner join chart_movements m
        on m.feed = x.feed and m.item_key = x.item_key
        and m.movement = 're_entry' and m.ordinal > x.ordinal
)

select
    x.feed, x.scheduled_at, x.chart_date, x.item_key,
    b.returned_at, b.returned_date, b.returned_position,
    b.returned_ordinal - x.ordinal as editions_away
from chart_exits x
left join comebacks b
    on b.feed = x.feed and b.ordinal = x.ordinal and b.item_key = x.item_key and b.place = 1
