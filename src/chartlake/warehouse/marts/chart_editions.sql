-- one row per feed and ranked edition, numbered by time
-- missing_before counts the due editions between this one and the one before that are not there
with candidates as (
    select
        feed, slot, scheduled_at, chart_date, schedule, cadence,
        row_number() over (
            partition by feed, case when cadence = 'day' then cast(chart_date as varchar) else slot end
            order by scheduled_at desc
        ) as newest_first
    from editions
    where scheduled_at is not null
),

entry_counts as (
    select feed, slot, count(*) as entry_count
    from entries
    group by feed, slot
),

numbered as (
    select
        c.feed, c.scheduled_at, c.chart_date, c.schedule, c.cadence,
        coalesce(n.entry_count, 0) as entry_count,
        row_number() over (partition by c.feed order by c.scheduled_at) as ordinal,
        lag(c.scheduled_at) over (partition by c.feed order by c.scheduled_at) as previous_at,
        lag(c.chart_date) over (partition by c.feed order by c.scheduled_at) as previous_chart_date
    from candidates c
    left join entry_counts n on n.feed = c.feed and n.slot = c.slot
    where c.newest_first = 1
),

gaps as (
    select n.feed, n.scheduled_at, count(*) as missing
    from numbered n
    inner join due_editions d
        on d.feed = n.feed and d.scheduled_at > n.previous_at and d.scheduled_at < n.scheduled_at
    where n.cadence <> 'day' or (d.chart_date > n.previous_chart_date and d.chart_date < n.chart_date)
    group by n.feed, n.scheduled_at
)

select
    n.feed, n.scheduled_at, n.chart_date, n.ordinal, n.previous_chart_date,
    case
        when n.schedule is null then null
        else coalesce(g.missing, 0)
    end as missing_before,
    n.entry_count
from numbered n
left join gaps g on g.feed = n.feed and g.scheduled_at = n.scheduled_at
order by n.feed, n.scheduled_at
