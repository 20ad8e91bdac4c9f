-- one row per album_id: its latest observation in any feed
with ranked as (
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
        observed_at,
        row_number() over (partition by album_id order by observed_at desc, feed, slot) as place
    from album_observations
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
