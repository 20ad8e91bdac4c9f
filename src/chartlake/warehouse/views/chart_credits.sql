-- one row per feed, ranked edition, item_key and artist who is credited on it
-- key: feed, scheduled_at, item_key, artist_key
-- an artist is the Spotify id where it is known, else the artist text as given, whole: only Spotify
-- knows that "Tyler, The Creator" is one
select
    m.feed, m.scheduled_at, m.chart_date, m.ordinal, m.item_key, m.position, m.movement, m.chart_points,
    case when m.item_kind = 'artist' then m.item_key else coalesce(c.artist_key, m.artist_names) end
        as artist_key,
    case when m.item_kind = 'artist' then m.item_key else c.artist_id end as artist_id,
    case
        when m.item_kind = 'artist' then m.item_name
        when c.artist_key is not null then c.artist_text
        else m.artist_names
    end as artist_text
from chart_movements m
left join item_credits c on c.item_id = coalesce(m.track_id, m.item_key)
where m.item_kind = 'artist' or c.artist_key is not null or m.artist_names is not null
