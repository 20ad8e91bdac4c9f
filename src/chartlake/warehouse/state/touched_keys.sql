-- one row per track_id whose recording is asked for again: touched ones, and those of the same text
-- of: track_identities
select t.track_id
from touched_tracks t
union
select i.track_id
from track_identities i
inner join touched_texts t on t.text_key = i.text_key
