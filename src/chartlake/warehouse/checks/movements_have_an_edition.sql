-- error: every movement, exit and turnover is of a ranked edition
select m.feed, m.scheduled_at, m.kind, count(*) as records
from (
    select feed, scheduled_at, 'movement' as kind from chart_movements
    union all
    select feed, scheduled_at, 'exit' as kind from chart_exits
    union all
    select feed, scheduled_at, 'turnover' as kind from chart_turnover
) m
left join chart_editions c on c.feed = m.feed and c.scheduled_at = m.scheduled_at
where c.feed is null
group by m.feed, m.scheduled_at, m.kind
