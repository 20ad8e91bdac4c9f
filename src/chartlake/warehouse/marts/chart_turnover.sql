-- one row per feed and ranked edition: how much of the list changed
-- key: feed, scheduled_at
-- anew: editions in scope
-- turnover is the share of the previous edition's items that left; null in a first edition
with moves as (
    select
        m.feed, m.scheduled_at,
        count(*) as items,
        sum(case when movement = 'new' then 1 else 0 end) as new_entries,
        sum(case when movement = 're_entry' then 1 else 0 end) as re_entries,
        sum(case when movement = 'up' then 1 else 0 end) as climbers,
        sum(case when movement = 'down' then 1 else 0 end) as fallers,
        sum(case when movement = 'same' then 1 else 0 end) as unchanged
    from chart_movements m
    inner join scope s on s.feed = m.feed and m.ordinal >= s.first_ordinal - 1
    group by m.feed, m.scheduled_at
),

leaving as (
    select x.feed, x.scheduled_at, count(*) as exits
    from chart_exits x
    inner join scope s on s.feed = x.feed and x.ordinal >= s.first_ordinal
    group by x.feed, x.scheduled_at
),

counted as (
    select
        c.feed, c.scheduled_at, c.chart_date, c.ordinal, c.missing_before,
        coalesce(m.items, 0) as items,
        coalesce(m.new_entries, 0) as new_entries,
        coalesce(m.re_entries, 0) as re_entries,
        coalesce(l.exits, 0) as exits,
        coalesce(m.climbers, 0) as climbers,
        coalesce(m.fallers, 0) as fallers,
        coalesce(m.unchanged, 0) as unchanged
    from chart_editions c
    inner join scope s on s.feed = c.feed and c.ordinal >= s.first_ordinal - 1
    left join moves m on m.feed = c.feed and m.scheduled_at = c.scheduled_at
    left join leaving l on l.feed = c.feed and l.scheduled_at = c.scheduled_at
),

compared as (
    select *, lag(items) over (partition by feed order by ordinal) as previous_items
    from counted
)

select
    c.feed, c.scheduled_at, c.chart_date, c.ordinal, c.missing_before, c.items,
    cast(new_entries as bigint) as new_entries,
    cast(re_entries as bigint) as re_entries,
    cast(exits as bigint) as exits,
    cast(climbers as bigint) as climbers,
    cast(fallers as bigint) as fallers,
    cast(unchanged as bigint) as unchanged,
    case when previous_items > 0 then round(cast(exits as double) / previous_items, 6) end as turnover
from compared c
inner join scope s on s.feed = c.feed and c.ordinal >= s.first_ordinal
order by c.feed, c.scheduled_at
