-- one row per feed, item_key and edition before scope that what comes next is counted on from: the
-- item's last, and those of the six editions before scope
with latest as (
    select m.feed, m.item_key, max(m.ordinal) as ordinal
    from chart_movements m
    inner join scope s on s.feed = m.feed and m.ordinal < s.first_ordinal
    group by m.feed, m.item_key
)

select
    m.feed, m.ordinal, m.item_key, m.position, m.streams, m.peak_position, m.peak_date, m.debut_date,
    m.debut_position, m.editions_on_chart, m.streak, m.editions_at_one, m.streams_total
from chart_movements m
inner join scope s on s.feed = m.feed and m.ordinal < s.first_ordinal
inner join latest l on l.feed = m.feed and l.item_key = m.item_key
where m.ordinal = l.ordinal or m.ordinal >= s.first_ordinal - 6
