-- one row per feed: what is there, what is missing, what could not be used
-- missing counts due editions between the first and the last there is; overdue those due after it
with present as (
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
        sum(case when d.scheduled_at > p.last_scheduled_at then 1 else 0 end) as overdue
    from due_editions d
    inner join present p on p.feed = d.feed
    group by d.feed
),

feeds as (
    select feed, max(source) as source, max(schedule) as schedule, max(observed_at) as last_observed_at
    from editions
    group by feed
)

select
    f.feed, f.source, f.schedule,
    p.first_chart_date, p.last_chart_date, f.last_observed_at,
    coalesce(p.editions, 0) as editions,
    d.due,
    cast(p.missing as bigint) as missing,
    p.longest_gap,
    cast(d.overdue as bigint) as overdue,
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
