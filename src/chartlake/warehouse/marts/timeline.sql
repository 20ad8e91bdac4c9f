-- one row per feed and edition or reading that counts, numbered by time
-- key: feed, scheduled_at
-- anew: touched_feeds (feed)
-- missing_before counts those due between this one and the one before that are not there,
-- missed_before those of them that are known to be lost for good
with candidates as (
    select
        l.feed, l.slot, l.scheduled_at, l.chart_date, l.schedule, l.cadence, l.item_count, l.is_edition,
        row_number() over (
            partition by l.feed, case when l.cadence = 'day' then cast(l.chart_date as varchar) else l.slot end
            order by l.scheduled_at desc
        ) as newest_first
    from slots l
    inner join touched_feeds f on f.feed = l.feed
    where l.scheduled_at is not null
),

numbered as (
    select
        feed, slot, scheduled_at, chart_date, schedule, cadence, item_count, is_edition,
        row_number() over (partition by feed order by scheduled_at) as ordinal,
        lag(scheduled_at) over (partition by feed order by scheduled_at) as previous_scheduled_at,
        lag(chart_date) over (partition by feed order by scheduled_at) as previous_chart_date
    from candidates
    where newest_first = 1
),

absent as (
    select d.feed, d.scheduled_at, d.chart_date
    from due_editions d
    inner join touched_feeds f on f.feed = d.feed
    left join numbered n on n.feed = d.feed and n.scheduled_at = d.scheduled_at
    where n.feed is null
),

moments as (
    select feed, scheduled_at, scheduled_at as present_at from numbered
    union all
    select feed, scheduled_at, cast(null as timestamp) as present_at from absent
),

coming as (
    select
        feed, scheduled_at, present_at,
        min(present_at) over (
            partition by feed order by scheduled_at
            rows between current row and unbounded following
        ) as next_at
    from moments
),

gaps as (
    select n.feed, n.scheduled_at, count(*) as missing, count(m.slot) as missed
    from coming f
    inner join absent a on a.feed = f.feed and a.scheduled_at = f.scheduled_at
    inner join numbered n on n.feed = f.feed and n.scheduled_at = f.next_at
    left join missed_slots m on m.feed = a.feed and m.scheduled_at = a.scheduled_at
    where
        f.present_at is null
        and n.previous_scheduled_at is not null
        and a.scheduled_at > n.previous_scheduled_at
        -- of a day that has an edition, no other is missing
        and (n.cadence <> 'day' or (a.chart_date > n.previous_chart_date and a.chart_date < n.chart_date))
    group by n.feed, n.scheduled_at
)

select
    n.feed, n.scheduled_at, n.chart_date, n.slot, n.is_edition, n.ordinal,
    n.previous_scheduled_at, n.previous_chart_date,
    case when n.schedule is not null then coalesce(g.missing, 0) end as missing_before,
    case when n.schedule is not null then coalesce(g.missed, 0) end as missed_before,
    n.item_count
from numbered n
left join gaps g on g.feed = n.feed and g.scheduled_at = n.scheduled_at
order by n.feed, n.scheduled_at
