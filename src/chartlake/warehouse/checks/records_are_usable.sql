-- warning: no record was rejected
select r.feed, e.chart_date, r.page, r.item, r.reason
from rejects r
inner join editions e on e.feed = r.feed and e.slot = r.slot
