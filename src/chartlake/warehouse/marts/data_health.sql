-- one row per feed: what is there, what is missing, what could not be used
-- missing counts due editions between the first and the last there is; overdue those due after it
with latest_first as (
    select
        feed, source, schedule, cadence,
        max(observed_at) over (partition by feed) as last_observed_at,
        row_number() over (partition by feed order by slot desc) as place
    from editions
),

feeds as (
    select feed, source, schedule, cadence, last_observed_at
    from latest_first
    where place = 1
),

present as (
    select
        feed,
        count(*) as editions,
        min(chart_date) as first_chart_date,
        max(chart_date) as last_chart_date,
        max(scheduled_at) as last_scheduled_at,
        sum(missing_before) as missing,
        max(missing_before) as longest_gap,
        sum(case when entry_count = 0 then 1 else 0 end) as empty_editions
    from chart_editions
    group by feed
),

entry_counts as (
    select
        feed,
        count(*) as entries,
        sum(case when item_kind = 'unavailable' then 1 else 0 end) as unavailable
    from entries
    group by feed
),

reject_counts as (
    select feed, count(*) as rejects
    from rejects
    group by feed
),

due as (
    select
        d.feed,
        count(*) as due,
        sum(
            case
                when f.cadence = 'day' then case when d.chart_date > p.last_chart_date then 1 else 0 end
                when d.scheduled_at > p.last_scheduled_at then 1
                else 0
            end
        ) as overdue
    from due_editions d
    inner join present p on p.feed = d.feed
    inner join feeds f on f.feed = d.feed
    group by d.feed
)

select
    f.feed, f.source, f.schedule,
    p.first_chart_date, p.last_chart_date, f.last_observed_at,
    coalesce(p.editions, 0) as editions,
    coalesce(d.due, 0) as due,
    cast(p.missing as bigint) as missing,
    p.longest_gap,
    cast(coalesce(d.overdue, 0) as bigint) as overdue,
    cast(p.empty_editions as bigint) as empty_editions,
    coalesce(e.entries, 0) as entries,
    cast(coalesce(e.unavailable, 0) as bigint) as unavailable,
    coalesce(r.rejects, 0) as rejects
from feeds f
left join present p on p.feed = f.feed
left join entry_counts e on e.feed = f.feed
left join reject_counts r on r.feed = f.feed
left join due d on d.feed = f.feed
order by f.feed
