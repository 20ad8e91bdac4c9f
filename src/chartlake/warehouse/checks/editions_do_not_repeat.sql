-- warning: no edition repeats the streams of the one before, to the number
select c.feed, c.chart_date, c.previous_chart_date, c.entry_count
from chart_editions c
inner join chart_movements m on m.feed = c.feed and m.scheduled_at = c.scheduled_at
inner join chart_editions p on p.feed = c.feed and p.ordinal = c.ordinal - 1
inner join chart_movements b
    on b.feed = p.feed and b.scheduled_at = p.scheduled_at and b.item_key = m.item_key
where m.streams = b.streams and m.streams > 0
group by c.feed, c.chart_date, c.previous_chart_date, c.entry_count
having count(*) = c.entry_count
