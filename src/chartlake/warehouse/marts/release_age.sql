-- one row per feed and item_key whose release date is known: how old it was at debut and peak
-- key: feed, item_key
-- anew: touched_releases (feed, item_key)
-- a date that is told to the month or year only counts from its first day
with albums_of_items as (
    select
        p.feed, p.item_kind, p.item_key, p.track_id, p.item_name, p.artist_names,
        p.debut_is_known, p.debut_date, p.debut_position, p.peak_position, p.peak_date,
        case when p.item_kind = 'album' then p.item_key else t.album_id end as album_id
    from item_profiles p
    inner join touched_releases r on r.feed = p.feed and r.item_key = p.item_key
    left join tracks t on t.track_id = p.track_id
)

select
    i.feed, i.item_kind, i.item_key, i.track_id, i.item_name, i.artist_names,
    i.album_id, a.release_date, a.release_date_precision,
    i.debut_is_known, i.debut_date, i.debut_position,
    cast(date_diff('day', a.release_date, i.debut_date) as bigint) as age_at_debut_days,
    i.peak_position, i.peak_date,
    cast(date_diff('day', a.release_date, i.peak_date) as bigint) as age_at_peak_days
from albums_of_items i
inner join albums a on a.album_id = i.album_id
where a.release_date is not null
order by i.feed, i.item_key
