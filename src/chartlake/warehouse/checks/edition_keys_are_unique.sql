-- error: an edition is there once
select feed, slot, count(*) as times
from editions
group by feed, slot
having count(*) > 1
