-- one row per track_id that counts as another one of its recording
-- key: track_id
-- none, unless recordings count as one
select r.track_id, r.counted_as
from recordings r
inner join chart_options o on o.name = 'recordings' and o.value = 'as-one'
where r.counted_as <> r.track_id
