-- one row per feed, item_key and edition that is the first without it
-- key: feed, scheduled_at, item_key
with stays as (
    select feed, item_key, ordinal - streak as ordinal_before, max(ordinal) as last_ordinal
    from chart_movements
    group by feed, item_key, ordinal - streak
)

select
    n.feed, n.scheduled_at, n.chart_date, n.ordinal,
    m.item_kind, m.item_key, m.track_id, m.item_name, m.artist_names,
    m.chart_date as last_chart_date,
    m.position as last_position,
    m.peak_position, m.peak_date, m.debut_date,
    m.editions_on_chart,
    m.streak as run_length
from stays s
inner join scope o on o.feed = s.feed
inner join chart_editions n
    on n.feed = s.feed and n.ordinal = s.last_ordinal + 1 and n.ordinal >= o.first_ordinal
inner join chart_movements m
    on m.feed = s.feed and m.item_key = s.item_key and m.ordinal = s.last_ordinal
order by n.feed, n.scheduled_at, m.position, m.item_key
