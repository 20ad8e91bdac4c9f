-- one row per feed and ranked edition, numbered by time
-- key: feed, scheduled_at
-- a missing edition is counted by the next one there is, and has no row: it is no empty chart
with contents as (
    select
        feed, slot,
        count(*) as entry_count,
        max(position) as last_position,
        -- a sum of what is partly unknown would be too small
        case when count(streams) = count(*) then sum(streams) end as streams
    from entries
    group by feed, slot
)

select
    t.feed, t.scheduled_at, t.chart_date, t.ordinal,
    t.previous_scheduled_at, t.previous_chart_date,
    cast(date_diff('day', t.previous_chart_date, t.chart_date) as bigint) as days_since_previous,
    t.missing_before, t.missed_before,
    coalesce(n.entry_count, 0) as entry_count,
    case
        when n.feed is null then 0
        when n.last_position > n.entry_count then n.last_position
        else n.entry_count
    end as length,
    cast(n.streams as bigint) as streams
from timeline t
left join contents n on n.feed = t.feed and n.slot = t.slot
where t.is_edition
order by t.feed, t.scheduled_at
