-- one row per track_id that was in a list or observed: the recording that it is
-- key: track_id
-- tracks of one ISRC are one recording; a track without one goes by its title and artist text, in
-- small letters: with the tracks of the one ISRC that has the same text, else with its like
with appearances as (
    select
        track_id,
        min(slot) as first_slot,
        max(case when item_name is not null and artist_names is not null then slot end) as text_slot
    from entries
    where track_id is not null
    group by track_id
),

ranked_texts as (
    select
        e.track_id, e.item_name, e.artist_names,
        row_number() over (partition by e.track_id order by e.feed, e.position) as place
    from appearances a
    inner join entries e on e.track_id = a.track_id and e.slot = a.text_slot
    where e.item_name is not null and e.artist_names is not null
),

sightings as (
    select track_id, first_slot from appearances
    union all
    select track_id, slot as first_slot from track_observations
),

first_seen as (
    select track_id, min(first_slot) as first_slot
    from sightings
    group by track_id
),

described as (
    select
        f.track_id, f.first_slot, n.item_name, n.artist_names,
        nullif(translate(t.isrc, 'abcdefghijklmnopqrstuvwxyz- ', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'), '') as isrc,
        concat(
            replace(replace(lower(trim(n.item_name)), '’', ''''), '`', ''''),
            '|',
            replace(replace(lower(trim(n.artist_names)), '’', ''''), '`', '''')
        ) as text_key,
        n.track_id is not null as has_text
    from first_seen f
    left join ranked_texts n on n.track_id = f.track_id and n.place = 1
    left join tracks t on t.track_id = f.track_id
),

texts_of_one_isrc as (
    select text_key, min(isrc) as isrc
    from described
    where has_text and isrc is not null
    group by text_key
    having count(distinct isrc) = 1
),

matched as (
    select
        d.track_id, d.first_slot, d.item_name, d.artist_names, d.isrc,
        case
            when d.isrc is not null then concat('isrc:', d.isrc)
            when o.isrc is not null then concat('isrc:', o.isrc)
            when d.has_text then concat('text:', d.text_key)
            else concat('id:', d.track_id)
        end as recording_key,
        case when d.isrc is not null then 'isrc' when d.has_text then 'text' else 'id' end as matched_by
    from described d
    left join texts_of_one_isrc o on o.text_key = d.text_key and d.has_text
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
