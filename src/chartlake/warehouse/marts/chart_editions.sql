-- one row per feed and ranked edition, numbered by time
-- missing_before counts the due editions between this one and the one before that are not there
with entry_counts as (
    select feed, slot, count(*) as entry_count
    from entries
    group by feed, slot
)

select
    t.feed, t.scheduled_at, t.chart_date, t.ordinal, t.previous_chart_date, t.missing_before,
    coalesce(n.entry_count, 0) as entry_count
from timeline t
left join entry_counts n on n.feed = t.feed and n.slot = t.slot
where t.is_edition
order by t.feed, t.scheduled_at
