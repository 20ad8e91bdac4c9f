-- one row per artist_id: its latest observation in any feed
with ranked as (
    select
        artist_id,
        artist_name,
        popularity,
        followers,
        image_url,
        observed_at,
        row_number() over (partition by artist_id order by observed_at desc, feed, slot) as place
    from artist_observations
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
