-- one row per feed and ranked edition, numbered by time
-- key: feed, scheduled_at
-- anew: editions in scope
-- a missing edition is counted by the next one there is, and has no row: it is no empty chart
select
    t.feed, t.scheduled_at, t.chart_date, t.ordinal,
    t.previous_scheduled_at, t.previous_chart_date,
    cast(date_diff('day', t.previous_chart_date, t.chart_date) as bigint) as days_since_previous,
    t.missing_before, t.missed_before,
    coalesce(n.records, 0) as entry_count,
    case
        when n.feed is null then 0
        when n.last_position > n.records then n.last_position
        else n.records
    end as length,
    n.streams
from timeline t
inner join scope s on s.feed = t.feed and s.first_ordinal <= t.ordinal
left join slot_contents n on n.feed = t.feed and n.slot = t.slot
where t.is_edition
order by t.feed, t.scheduled_at
