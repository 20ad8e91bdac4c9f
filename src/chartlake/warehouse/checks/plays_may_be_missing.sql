-- warning: each reading of plays reaches back to the one before
select feed, scheduled_at, since as missing_from, covers_from as missing_until
from readings
where not joins_previous
