-- one row per feed, edition, item and measure in which the source's own number is another than ours
-- key: feed, scheduled_at, item_key, measure
-- anew: editions in scope
-- scope: recordings
-- explained where the source knows editions that are not here, or one song under two ids
with given as (
    select
        m.feed, m.scheduled_at, m.chart_date, m.ordinal, m.item_key, m.track_id, m.item_name, m.artist_names,
        m.position, m.peak_position, m.editions_on_chart, m.previous_position,
        e.reported_peak, e.reported_time_on_chart,
        e.reported_previous_rank is not null as tells_previous,
        case when e.reported_previous_rank > 0 then e.reported_previous_rank end as reported_previous
    from chart_movements m
    inner join scope s on s.feed = m.feed and s.first_ordinal <= m.ordinal
    inner join timeline t on t.feed = m.feed and t.scheduled_at = m.scheduled_at
    inner join entries e on e.feed = m.feed and e.slot = t.slot and e.position = m.position
    where
        e.reported_peak is not null or e.reported_time_on_chart is not null
        or e.reported_previous_rank is not null
),

measured as (
    select
        feed, scheduled_at, chart_date, ordinal, item_key, track_id, item_name, artist_names, position,
        'peak' as measure, peak_position as ours, reported_peak as reported
    from given
    where reported_peak <> peak_position
    union all
    select
        feed, scheduled_at, chart_date, ordinal, item_key, track_id, item_name, artist_names, position,
        'time_on_chart' as measure, editions_on_chart as ours, reported_time_on_chart as reported
    from given
    where reported_time_on_chart <> editions_on_chart
    union all
    select
        feed, scheduled_at, chart_date, ordinal, item_key, track_id, item_name, artist_names, position,
        'previous_rank' as measure, previous_position as ours, reported_previous as reported
    from given
    where tells_previous and coalesce(reported_previous, -1) <> coalesce(previous_position, -1)
),

gaps as (
    select
        c.feed, c.ordinal, c.missing_before,
        sum(coalesce(c.missing_before, 0)) over (
            partition by c.feed order by c.ordinal rows between unbounded preceding and current row
        ) as missing_so_far
    from chart_editions c
    inner join scope s on s.feed = c.feed
),

charted as (
    select m.feed, m.ordinal, m.position, m.track_id
    from chart_movements m
    inner join scope s on s.feed = m.feed
),

-- under which ids the feed had each recording, and since when
ids as (
    select m.feed, r.recording_key, m.track_id, min(m.ordinal) as first_ordinal
    from charted m
    inner join recordings r on r.track_id = m.track_id and r.track_ids > 1
    group by m.feed, r.recording_key, m.track_id
),

other_ids as (
    select a.feed, a.track_id, min(b.first_ordinal) as first_ordinal
    from ids a
    inner join ids b
        on b.feed = a.feed and b.recording_key = a.recording_key and b.track_id <> a.track_id
    group by a.feed, a.track_id
),

-- what an edition in scope can come after
charted_before as (
    select m.feed, m.ordinal, m.position, m.track_id
    from chart_movements m
    inner join scope s on s.feed = m.feed and s.first_ordinal <= m.ordinal + 1
),

others_before as (
    select d.feed, d.ordinal, d.item_key, max(1) as is_there
    from measured d
    inner join charted_before b
        on b.feed = d.feed and b.ordinal = d.ordinal - 1 and b.position = d.reported
    inner join recordings ours on ours.track_id = d.track_id
    inner join recordings theirs
        on theirs.track_id = b.track_id and theirs.recording_key = ours.recording_key
    where d.measure = 'previous_rank' and b.track_id <> d.track_id
    group by d.feed, d.ordinal, d.item_key
)

select
    d.feed, d.scheduled_at, d.chart_date, d.item_key, d.track_id, d.item_name, d.artist_names, d.position,
    d.measure, d.ours, d.reported,
    case
        when d.measure = 'previous_rank' and d.ordinal = 1 then 'before_first_edition'
        when d.measure = 'previous_rank' and g.missing_before > 0 then 'missing_editions'
        when d.measure = 'previous_rank' and p.is_there = 1 then 'other_id'
        when d.measure = 'previous_rank' then 'unexplained'
        when d.measure = 'peak' and d.reported > d.ours then 'unexplained'
        when d.measure = 'time_on_chart' and d.reported < d.ours then 'unexplained'
        when o.first_ordinal <= d.ordinal then 'other_id'
        when g.missing_so_far > 0 and (d.measure = 'peak' or d.reported - d.ours <= g.missing_so_far)
            then 'missing_editions'
        else 'before_first_edition'
    end as explanation
from measured d
inner join gaps g on g.feed = d.feed and g.ordinal = d.ordinal
left join other_ids o on o.feed = d.feed and o.track_id = d.track_id
left join others_before p
    on p.feed = d.feed and p.ordinal = d.ordinal and p.item_key = d.item_key
order by d.feed, d.scheduled_at, d.position, d.item_key, d.measure
