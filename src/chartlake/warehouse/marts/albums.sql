-- one row per album_id: of each attribute the latest that was seen, in any feed
-- key: album_id
-- anew: touched_albums (album_id)
-- an answer in short must not hide what a whole one told before: a null never wins
with ranked as (
    select
        o.album_id,
        first_value(album_name ignore nulls) over (
            partition by o.album_id order by observed_at desc, feed, slot
            rows between unbounded preceding and unbounded following
        ) as album_name,
        first_value(album_type ignore nulls) over (
            partition by o.album_id order by observed_at desc, feed, slot
            rows between unbounded preceding and unbounded following
        ) as album_type,
        first_value(total_tracks ignore nulls) over (
            partition by o.album_id order by observed_at desc, feed, slot
            rows between unbounded preceding and unbounded following
        ) as total_tracks,
        first_value(release_date ignore nulls) over (
            partition by o.album_id order by observed_at desc, feed, slot
            rows between unbounded preceding and unbounded following
        ) as release_date,
        first_value(release_date_text ignore nulls) over (
            partition by o.album_id order by observed_at desc, feed, slot
            rows between unbounded preceding and unbounded following
        ) as release_date_text,
        first_value(release_date_precision ignore nulls) over (
            partition by o.album_id order by observed_at desc, feed, slot
            rows between unbounded preceding and unbounded following
        ) as release_date_precision,
        first_value(upc ignore nulls) over (
            partition by o.album_id order by observed_at desc, feed, slot
            rows between unbounded preceding and unbounded following
        ) as upc,
        first_value(label ignore nulls) over (
            partition by o.album_id order by observed_at desc, feed, slot
            rows between unbounded preceding and unbounded following
        ) as label,
        first_value(popularity ignore nulls) over (
            partition by o.album_id order by observed_at desc, feed, slot
            rows between unbounded preceding and unbounded following
        ) as popularity,
        first_value(image_url ignore nulls) over (
            partition by o.album_id order by observed_at desc, feed, slot
            rows between unbounded preceding and unbounded following
        ) as image_url,
        observed_at,
        row_number() over (partition by o.album_id order by observed_at desc, feed, slot) as place
    from album_observations o
    inner join touched_albums t on t.album_id = o.album_id
)

select
    album_id,
    album_name,
    album_type,
    total_tracks,
    release_date,
    release_date_text,
    release_date_precision,
    upc,
    label,
    popularity,
    image_url,
    observed_at
from ranked
where place = 1
order by album_id
