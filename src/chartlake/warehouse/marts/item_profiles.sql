-- one row per feed and item_key: its whole time on the chart so far
-- key: feed, item_key
-- anew: touched_items (feed, item_key)
-- debut_is_known is false where it stood in the feed's first edition: it may have been there before
with moves as (
    select
        m.feed, m.ordinal, m.chart_date, m.item_kind, m.item_key, m.track_id, m.item_name, m.artist_names,
        m.position, m.change, m.peak_position, m.peak_date, m.debut_date, m.debut_position,
        m.editions_on_chart, m.editions_at_one, m.streak, m.chart_points, m.streams, m.streams_total
    from chart_movements m
    inner join scope s on s.feed = m.feed
    inner join touched_items t on t.feed = m.feed and t.item_key = m.item_key
),

ends as (
    select feed, item_key, max(ordinal) as last_ordinal
    from moves
    group by feed, item_key
),

last_rows as (
    select m.*
    from ends e
    inner join moves m
        on m.feed = e.feed and m.item_key = e.item_key and m.ordinal = e.last_ordinal
),

sums as (
    select
        m.feed, m.item_key,
        sum(case when m.position = l.peak_position then 1 else 0 end) as editions_at_peak,
        sum(case when m.streak = 1 then 1 else 0 end) as runs,
        max(m.streak) as longest_streak,
        min(m.ordinal) as first_ordinal,
        max(case when m.change > 0 then m.change end) as biggest_climb,
        max(case when m.change < 0 then -m.change end) as biggest_fall,
        sum(m.chart_points) as chart_points,
        max(m.streams) as best_streams
    from moves m
    inner join last_rows l on l.feed = m.feed and l.item_key = m.item_key
    group by m.feed, m.item_key
),

last_editions as (
    select feed, max(ordinal) as ordinal
    from chart_editions
    group by feed
)

select
    l.feed, l.item_kind, l.item_key, l.track_id, l.item_name, l.artist_names,
    s.first_ordinal > 1 as debut_is_known,
    l.debut_date, l.debut_position, l.peak_position, l.peak_date,
    cast(s.editions_at_peak as bigint) as editions_at_peak,
    l.editions_on_chart, l.editions_at_one,
    cast(s.runs as bigint) as runs,
    s.longest_streak,
    case when l.ordinal = c.ordinal then l.streak else 0 end as streak,
    l.ordinal = c.ordinal as is_on_chart,
    l.chart_date as last_chart_date,
    l.position as last_position,
    s.biggest_climb, s.biggest_fall,
    round(s.chart_points, 6) as chart_points,
    s.best_streams, l.streams_total
from last_rows l
inner join sums s on s.feed = l.feed and s.item_key = l.item_key
inner join last_editions c on c.feed = l.feed
order by l.feed, l.item_key
