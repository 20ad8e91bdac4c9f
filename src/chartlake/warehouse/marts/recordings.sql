-- one row per track_id that was in a list or observed: the recording that it is
-- key: track_id
-- anew: touched_recordings (recording_key)
-- counted_as is the id of the recording that was seen first
with matched as (
    select
        k.track_id, k.recording_key, k.matched_by,
        i.isrc, i.item_name, i.artist_names, i.first_slot
    from recording_keys k
    inner join touched_recordings r on r.recording_key = k.recording_key
    inner join track_identities i on i.track_id = k.track_id
)

select
    track_id, recording_key, matched_by,
    first_value(track_id) over (
        partition by recording_key order by first_slot, track_id
        rows between unbounded preceding and unbounded following
    ) as counted_as,
    count(*) over (partition by recording_key) as track_ids,
    isrc, item_name, artist_names, first_slot
from matched
order by recording_key, first_slot, track_id
