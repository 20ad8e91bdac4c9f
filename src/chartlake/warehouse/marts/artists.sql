-- one row per artist_id: of each attribute the latest that was seen, in any feed
-- key: artist_id
-- anew: touched_artists (artist_id)
-- an answer in short must not hide what a whole one told before: a null never wins
with ranked as (
    select
        o.artist_id,
        first_value(artist_name ignore nulls) over (
            partition by o.artist_id order by observed_at desc, feed, slot
            rows between unbounded preceding and unbounded following
        ) as artist_name,
        first_value(popularity ignore nulls) over (
            partition by o.artist_id order by observed_at desc, feed, slot
            rows between unbounded preceding and unbounded following
        ) as popularity,
        first_value(followers ignore nulls) over (
            partition by o.artist_id order by observed_at desc, feed, slot
            rows between unbounded preceding and unbounded following
        ) as followers,
        first_value(image_url ignore nulls) over (
            partition by o.artist_id order by observed_at desc, feed, slot
            rows between unbounded preceding and unbounded following
        ) as image_url,
        observed_at,
        row_number() over (partition by o.artist_id order by observed_at desc, feed, slot) as place
    from artist_observations o
    inner join touched_artists t on t.artist_id = o.artist_id
)

select
    artist_id,
    artist_name,
    popularity,
    followers,
    image_url,
    observed_at
from ranked
where place = 1
order by artist_id
