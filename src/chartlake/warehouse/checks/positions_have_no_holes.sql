-- warning: positions of a charts file run from 1 without a hole, but for rejects
select e.feed, d.chart_date, max(e.position) as last_position, count(*) as entries
from entries e
inner join editions d on d.feed = e.feed and d.slot = e.slot
where d.source = 'charts-csv'
group by e.feed, e.slot, d.chart_date, d.item_count
having max(e.position) <> d.item_count and max(e.position) <> count(*)
