-- error: a position of an edition is there once
select feed, slot, position, count(*) as times
from entries
group by feed, slot, position
having count(*) > 1
