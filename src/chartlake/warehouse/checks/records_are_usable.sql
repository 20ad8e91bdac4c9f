-- warning: no record was rejected
select r.feed, s.chart_date, r.page, r.item, r.reason
from rejects r
inner join slots s on s.feed = r.feed and s.slot = r.slot
