-- one row per feed and artist_key with an entry in scope, or in the edition before it
-- of: artist_editions
select distinct a.feed, a.artist_key
from artist_editions a
inner join scope s on s.feed = a.feed and a.ordinal >= s.first_ordinal - 1
