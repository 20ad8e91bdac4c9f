-- error: positions that chartlake numbers itself (all but those of charts files) run from 1 to n
-- n is the number of records; that none is there twice, and none is missing, others look at
select s.feed, s.chart_date, n.first_position, n.last_position, s.item_count
from (
    select feed, slot, min(position) as first_position, max(position) as last_position
    from entries
    group by feed, slot
    union all
    select feed, slot, min(position) as first_position, max(position) as last_position
    from play_observations
    group by feed, slot
) n
inner join slots s on s.feed = n.feed and s.slot = n.slot
where s.source <> 'charts-csv' and (n.first_position < 1 or n.last_position > s.item_count)
