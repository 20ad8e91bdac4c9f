-- one row per track_id or album_id (item_id) and artist who is credited on it, each once
-- key: item_id, artist_key
-- anew: touched_credits (item_id)
-- artist_key is the Spotify id where it is known, else the name as credited
with credits as (
    select track_id as item_id, artist_id, artist_name from track_credits
    union all
    select album_id as item_id, artist_id, artist_name from album_credits
)

select
    c.item_id,
    coalesce(c.artist_id, c.artist_name) as artist_key,
    max(c.artist_id) as artist_id,
    max(c.artist_name) as artist_text
from credits c
inner join touched_credits t on t.item_id = c.item_id
where coalesce(c.artist_id, c.artist_name) is not null
group by c.item_id, coalesce(c.artist_id, c.artist_name)
order by c.item_id, artist_key
