-- one row per feed, item_key and edition that is the first without it
-- key: feed, scheduled_at, item_key
-- anew: editions in scope
with stays as (
    select
        m.feed, m.ordinal, m.item_kind, m.item_key, m.track_id, m.item_name, m.artist_names,
        m.chart_date, m.position, m.peak_position, m.peak_date, m.debut_date, m.editions_on_chart, m.streak,
        lead(m.ordinal) over (partition by m.feed, m.item_key order by m.ordinal) as next_ordinal
    from chart_movements m
    inner join scope s on s.feed = m.feed and m.ordinal >= s.first_ordinal - 1
)

select
    n.feed, n.scheduled_at, n.chart_date, n.ordinal,
    m.item_kind, m.item_key, m.track_id, m.item_name, m.artist_names,
    m.chart_date as last_chart_date,
    m.position as last_position,
    m.peak_position, m.peak_date, m.debut_date,
    m.editions_on_chart,
    m.streak as run_length
from stays m
inner join scope s on s.feed = m.feed
inner join chart_editions n
    on n.feed = m.feed and n.ordinal = m.ordinal + 1 and n.ordinal >= s.first_ordinal
where m.next_ordinal is null or m.next_ordinal > m.ordinal + 1
order by n.feed, n.scheduled_at, last_position, m.item_key
