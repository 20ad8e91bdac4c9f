-- one row per track_id or album_id (item_id) and artist who is credited on it, each once
-- artist_key is the Spotify id where it is known, else the name as credited
with credits as (
    select track_id as item_id, artist_id, artist_name from track_credits
    union all
    select album_id as item_id, artist_id, artist_name from album_credits
)

select
    item_id,
    coalesce(artist_id, artist_name) as artist_key,
    max(artist_id) as artist_id,
    max(artist_name) as artist_text
from credits
where coalesce(artist_id, artist_name) is not null
group by item_id, coalesce(artist_id, artist_name)
