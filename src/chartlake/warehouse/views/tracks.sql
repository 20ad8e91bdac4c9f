-- one row per track_id: its latest observation in any feed
with ranked as (
    select
        track_id,
        track_name,
        album_id,
        isrc,
        disc_number,
        track_number,
        duration_ms,
        explicit,
        popularity,
        observed_at,
        row_number() over (partition by track_id order by observed_at desc, feed, slot) as place
    from track_observations
)

select
    track_id,
    track_name,
    album_id,
    isrc,
    disc_number,
    track_number,
    duration_ms,
    explicit,
    popularity,
    observed_at
from ranked
where place = 1
