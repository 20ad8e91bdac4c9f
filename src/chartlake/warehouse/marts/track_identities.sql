-- one row per track_id that was in a list or observed: what tells which recording it is
-- key: track_id
-- anew: touched_tracks (track_id)
-- text_key is the latest title and artist text in small letters, null where none was given
with forms as (
    select f.track_id, f.feed, f.item_name, f.artist_names, f.first_slot, f.last_slot
    from entry_forms f
    inner join touched_tracks t on t.track_id = f.track_id
),

sightings as (
    select track_id, first_slot
    from forms
    union all
    select o.track_id, o.slot as first_slot
    from track_observations o
    inner join touched_tracks t on t.track_id = o.track_id
),

first_seen as (
    select track_id, min(first_slot) as first_slot
    from sightings
    group by track_id
),

texts as (
    select
        track_id, item_name, artist_names,
        row_number() over (
            partition by track_id order by last_slot desc, feed, item_name, artist_names
        ) as place
    from forms
    where item_name is not null and artist_names is not null
)

select
    s.track_id, s.first_slot, x.item_name, x.artist_names,
    nullif(translate(t.isrc, 'abcdefghijklmnopqrstuvwxyz- ', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'), '') as isrc,
    case
        when x.track_id is not null
        then concat(
            replace(replace(lower(trim(x.item_name)), '’', ''''), '`', ''''),
            '|',
            replace(replace(lower(trim(x.artist_names)), '’', ''''), '`', '''')
        )
    end as text_key
from first_seen s
left join texts x on x.track_id = s.track_id and x.place = 1
left join tracks t on t.track_id = s.track_id
order by s.track_id
