-- warning: no due edition is missing between two that are there
-- (or reading, of a feed that is no ranked list; plays are whole where their readings join)
select t.feed, t.previous_chart_date, t.chart_date, t.missing_before
from timeline t
inner join slots s on s.feed = t.feed and s.slot = t.slot
where t.missing_before > 0 and s.source <> 'recently-played'
