-- one row per track_id: by what it is known as a recording
-- key: track_id
-- anew: touched_keys (track_id)
-- tracks of one ISRC are one recording; a track without one goes by its title and artist text, in
-- small letters: with the tracks of the one ISRC that has the same text, else with its like
with texts_of_one_isrc as (
    select i.text_key, min(i.isrc) as isrc
    from track_identities i
    inner join touched_texts t on t.text_key = i.text_key
    where i.isrc is not null
    group by i.text_key
    having count(distinct i.isrc) = 1
)

select
    i.track_id,
    case
        when i.isrc is not null then concat('isrc:', i.isrc)
        when o.isrc is not null then concat('isrc:', o.isrc)
        when i.text_key is not null then concat('text:', i.text_key)
        else concat('id:', i.track_id)
    end as recording_key,
    case
        when i.isrc is not null then 'isrc'
        when i.text_key is not null then 'text'
        else 'id'
    end as matched_by
from track_identities i
inner join touched_keys k on k.track_id = i.track_id
left join texts_of_one_isrc o on o.text_key = i.text_key
order by i.track_id
