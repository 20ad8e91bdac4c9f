-- one row per feed: what is there, what is missing, what could not be used
-- key: feed
-- anew: all
-- an edition here is an edition of a list, or a reading of a feed that is none. missing counts those
-- due between the first and the last there is, missed those of them (and of the overdue) that are
-- lost for good; overdue those due after the last; present those due that are there.
-- lag_seconds: how long after it was due the last one was read. A file's date is no such time
with latest_first as (
    select
        feed, source, schedule, cadence, scheduled_at, observed_at,
        max(observed_at) over (partition by feed) as last_observed_at,
        row_number() over (partition by feed order by slot desc) as place
    from slots
),

feeds as (
    select
        feed, source, schedule, cadence, last_observed_at,
        case
            when source <> 'charts-csv'
            then date_diff(
                'second', date_trunc('second', scheduled_at), date_trunc('second', observed_at)
            )
        end as lag_seconds
    from latest_first
    where place = 1
),

present as (
    select
        t.feed,
        count(*) as editions,
        min(t.chart_date) as first_chart_date,
        max(t.chart_date) as last_chart_date,
        max(t.scheduled_at) as last_scheduled_at,
        sum(t.missing_before) as missing,
        max(t.missing_before) as longest_gap,
        -- what a reading gives need not become entries
        sum(
            case
                when n.records > 0 then 0
                when t.is_edition or t.item_count = 0 then 1
                else 0
            end
        ) as empty_editions
    from timeline t
    left join slot_contents n on n.feed = t.feed and n.slot = t.slot
    group by t.feed
),

entry_counts as (
    select
        feed,
        sum(records) as entries,
        sum(unavailable) as unavailable
    from slot_contents
    group by feed
),

reject_counts as (
    select feed, count(*) as rejects
    from rejects
    group by feed
),

missed_counts as (
    select feed, count(*) as missed
    from missed_slots
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
    case when f.schedule is not null then coalesce(d.due, 0) end as due,
    case
        when f.schedule is not null
        then cast(coalesce(d.due, 0) - p.missing - coalesce(d.overdue, 0) as bigint)
    end as present,
    cast(p.missing as bigint) as missing,
    coalesce(m.missed, 0) as missed,
    p.longest_gap,
    cast(coalesce(d.overdue, 0) as bigint) as overdue,
    cast(p.empty_editions as bigint) as empty_editions,
    cast(coalesce(e.entries, 0) as bigint) as entries,
    cast(coalesce(e.unavailable, 0) as bigint) as unavailable,
    coalesce(r.rejects, 0) as rejects,
    f.lag_seconds
from feeds f
left join present p on p.feed = f.feed
left join entry_counts e on e.feed = f.feed
left join reject_counts r on r.feed = f.feed
left join due d on d.feed = f.feed
left join missed_counts m on m.feed = f.feed
order by f.feed
