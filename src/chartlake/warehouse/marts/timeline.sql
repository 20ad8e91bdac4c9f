-- one row per feed and edition or reading that counts, numbered by time
-- missing_before counts those due between this one and the one before that are not there
with candidates as (
    select
        feed, slot, scheduled_at, chart_date, schedule, cadence, item_count, is_edition,
        row_number() over (
            partition by feed, case when cadence = 'day' then cast(chart_date as varchar) else slot end
            order by scheduled_at desc
        ) as newest_first
    from slots
    where scheduled_at is not null
),

numbered as (
    select
        feed, slot, scheduled_at, chart_date, schedule, cadence, item_count, is_edition,
        row_number() over (partition by feed order by scheduled_at) as ordinal,
        lag(scheduled_at) over (partition by feed order by scheduled_at) as previous_at,
        lag(chart_date) over (partition by feed order by scheduled_at) as previous_chart_date
    from candidates
    where newest_first = 1
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
    n.feed, n.scheduled_at, n.chart_date, n.slot, n.is_edition, n.ordinal, n.previous_chart_date,
    case
        when n.schedule is null then null
        else coalesce(g.missing, 0)
    end as missing_before,
    n.item_count
from numbered n
left join gaps g on g.feed = n.feed and g.scheduled_at = n.scheduled_at
order by n.feed, n.scheduled_at
