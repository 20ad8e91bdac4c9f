-- one row per recording that gains, loses or keeps a touched track
-- of: recording_keys
select distinct k.recording_key
from recording_keys k
inner join touched_keys t on t.track_id = k.track_id
