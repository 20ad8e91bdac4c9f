-- one row per feed and item_key that stands in scope, or in the edition before it
-- of: chart_movements
select distinct m.feed, m.item_key
from chart_movements m
inner join scope s on s.feed = m.feed and m.ordinal >= s.first_ordinal - 1
