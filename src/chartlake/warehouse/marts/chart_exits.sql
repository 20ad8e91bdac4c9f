-- one row per feed, item_key and edition that is the first without it
with stays as (
    select c.ordinal, m.*
    from chart_movements m
    inner join chart_editions c on c.feed = m.feed and c.scheduled_at = m.scheduled_at
)

select
    n.feed, n.scheduled_at, n.chart_date,
    s.item_kind, s.item_key, s.track_id, s.item_name, s.artist_names,
    s.position as last_position,
    s.editions_on_chart,
    s.streak as run_length
from stays s
inner join chart_editions n on n.feed = s.feed and n.ordinal = s.ordinal + 1
left join chart_movements still
    on still.feed = n.feed and still.scheduled_at = n.scheduled_at and still.item_key = s.item_key
where still.item_key is null
order by n.feed, n.scheduled_at, s.position, s.item_key
