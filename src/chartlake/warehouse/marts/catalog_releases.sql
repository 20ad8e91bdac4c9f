-- one row per artist-catalog feed and album_id: when the feed saw it first
-- key: feed, album_id
-- anew: all
-- was_there: it was there already when the feed saw the first of its artists, so that it is no news
with seen as (
    select
        a.feed, a.album_id, r.slot, r.chart_date, r.observed_at,
        row_number() over (partition by a.feed, a.album_id order by r.slot) as sighting
    from album_observations a
    inner join readings r on r.feed = a.feed and r.slot = a.slot
    where r.source = 'artist-catalog'
),

catalogs as (
    select distinct feed
    from readings
    where source = 'artist-catalog'
),

told as (
    select a.feed, a.slot, a.album_id, a.artist_position, a.artist_id, a.artist_name
    from album_artists a
    inner join catalogs c on c.feed = a.feed
),

-- those who only take part were seen before anybody followed them
artists_since as (
    select feed, artist_id, min(slot) as first_slot
    from told
    where artist_position = 1
    group by feed, artist_id
),

credits as (
    select distinct feed, album_id, artist_id
    from told
),

followed_since as (
    select c.feed, c.album_id, min(s.first_slot) as first_slot
    from credits c
    inner join artists_since s on s.feed = c.feed and s.artist_id = c.artist_id
    group by c.feed, c.album_id
),

leads as (
    select
        feed, album_id, artist_id, artist_name,
        row_number() over (partition by feed, album_id order by artist_position, slot) as place
    from told
)

select
    s.feed, s.album_id, s.chart_date as first_chart_date, s.observed_at as first_observed_at,
    a.album_name, l.artist_id, l.artist_name, a.album_type,
    a.release_date, a.release_date_text, a.total_tracks,
    coalesce(s.slot = f.first_slot, true) as was_there
from seen s
inner join albums a on a.album_id = s.album_id
left join leads l on l.feed = s.feed and l.album_id = s.album_id and l.place = 1
left join followed_since f on f.feed = s.feed and f.album_id = s.album_id
where s.sighting = 1
order by s.feed, first_observed_at, s.album_id
