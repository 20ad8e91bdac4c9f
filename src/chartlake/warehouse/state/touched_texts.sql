-- one row per text that a touched track has, or had
-- of: track_identities
select distinct i.text_key
from track_identities i
inner join touched_tracks t on t.track_id = i.track_id
where i.text_key is not null
