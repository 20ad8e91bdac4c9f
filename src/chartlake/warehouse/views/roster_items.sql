-- one row per feed and item_key that the roster follows, and because of what
-- key: feed, item_key
-- a name fits where it is credited, and in an artist text where it stands whole or between commas;
-- any id and any spelling that the item ever had counts
with known as (
    select
        f.feed, f.item_kind, f.item_key, f.track_id,
        lower(trim(case when f.item_kind = 'artist' then f.item_name else f.artist_names end)) as artists,
        translate(t.isrc, 'abcdefghijklmnopqrstuvwxyz- ', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') as isrc,
        case when f.item_kind = 'album' then f.item_key else t.album_id end as album_id
    from item_forms f
    left join tracks t on t.track_id = f.track_id
),

fitting as (
    select k.feed, k.item_key, 1 as place, 'artist' as because
    from known k
    inner join item_credits c on c.item_id = coalesce(k.track_id, k.item_key)
    inner join roster_terms r on r.kind = 'artist' and r.value = c.artist_id
    union all
    select k.feed, k.item_key, 1 as place, 'artist' as because
    from known k
    inner join roster_terms r on r.kind = 'artist' and r.value = k.item_key
    union all
    select k.feed, k.item_key, 2 as place, 'track' as because
    from known k
    inner join roster_terms r on r.kind = 'track' and r.value = k.item_key
    union all
    select k.feed, k.item_key, 2 as place, 'track' as because
    from known k
    inner join roster_terms r on r.kind = 'track' and r.value = k.track_id
    union all
    select k.feed, k.item_key, 3 as place, 'album' as because
    from known k
    inner join roster_terms r on r.kind = 'album' and r.value = k.album_id
    union all
    select k.feed, k.item_key, 4 as place, 'isrc' as because
    from known k
    inner join roster_terms r on r.kind = 'isrc' and r.value = k.isrc
    union all
    select k.feed, k.item_key, 5 as place, 'name' as because
    from known k
    inner join item_credits c on c.item_id = coalesce(k.track_id, k.item_key)
    inner join roster_terms r on r.kind = 'name' and r.value = lower(trim(c.artist_text))
    union all
    select k.feed, k.item_key, 5 as place, 'name' as because
    from known k
    inner join roster_terms r
        on r.kind = 'name'
        and (k.artists = r.value or position(concat(', ', r.value, ',') in concat(', ', k.artists, ',')) > 0)
),

ranked as (
    select
        feed, item_key, because,
        row_number() over (partition by feed, item_key order by place) as choice
    from fitting
)

select feed, item_key, because
from ranked
where choice = 1
