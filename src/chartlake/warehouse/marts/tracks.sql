-- one row per track_id: of each attribute the latest that was seen, in any feed
-- key: track_id
-- anew: touched_tracks (track_id)
-- an answer in short must not hide what a whole one told before: a null never wins
with ranked as (
    select
        o.track_id,
        first_value(track_name ignore nulls) over (
            partition by o.track_id order by observed_at desc, feed, slot
            rows between unbounded preceding and unbounded following
        ) as track_name,
        first_value(album_id ignore nulls) over (
            partition by o.track_id order by observed_at desc, feed, slot
            rows between unbounded preceding and unbounded following
        ) as album_id,
        first_value(isrc ignore nulls) over (
            partition by o.track_id order by observed_at desc, feed, slot
            rows between unbounded preceding and unbounded following
        ) as isrc,
        first_value(disc_number ignore nulls) over (
            partition by o.track_id order by observed_at desc, feed, slot
            rows between unbounded preceding and unbounded following
        ) as disc_number,
        first_value(track_number ignore nulls) over (
            partition by o.track_id order by observed_at desc, feed, slot
            rows between unbounded preceding and unbounded following
        ) as track_number,
        first_value(duration_ms ignore nulls) over (
            partition by o.track_id order by observed_at desc, feed, slot
            rows between unbounded preceding and unbounded following
        ) as duration_ms,
        first_value(explicit ignore nulls) over (
            partition by o.track_id order by observed_at desc, feed, slot
            rows between unbounded preceding and unbounded following
        ) as explicit,
        first_value(popularity ignore nulls) over (
            partition by o.track_id order by observed_at desc, feed, slot
            rows between unbounded preceding and unbounded following
        ) as popularity,
        observed_at,
        row_number() over (partition by o.track_id order by observed_at desc, feed, slot) as place
    from track_observations o
    inner join touched_tracks t on t.track_id = o.track_id
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
order by track_id
