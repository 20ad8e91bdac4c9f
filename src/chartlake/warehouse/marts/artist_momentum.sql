-- one row per feed, chart week (Friday to Thursday) and artist with an entry in it
-- chart points of an entry: (length + 1 - position) / length; each credited artist gets them whole,
-- so shares of one chart may add up to more than 1. An artist is the Spotify id where it is known,
-- else the artist text as given, whole (is_text). Four weeks are compared per edition, so that a
-- missing edition does not look like a fall.
with lengths as (
    select
        m.feed, m.scheduled_at,
        -- 1970-01-01 was a Thursday: weeks count from it and end on it
        cast(floor(cast(date_diff('day', date '1970-01-01', m.chart_date) + 6 as double) / 7) as bigint) as week,
        greatest(max(m.position), max(c.entry_count)) as length
    from chart_movements m
    inner join chart_editions c on c.feed = m.feed and c.scheduled_at = m.scheduled_at
    group by m.feed, m.scheduled_at, m.chart_date
),

scored as (
    select
        m.feed, l.week, m.scheduled_at, m.item_kind, m.item_key, m.track_id, m.item_name, m.artist_names,
        m.position,
        cast(l.length + 1 - m.position as double) / l.length as points
    from chart_movements m
    inner join lengths l on l.feed = m.feed and l.scheduled_at = m.scheduled_at
),

credited as (
    select
        s.feed, s.week, s.scheduled_at, s.item_key, s.position, s.points,
        case when s.item_kind = 'artist' then s.item_key else c.artist_id end as artist_id,
        case when s.item_kind = 'artist' then s.item_name else coalesce(c.artist_name, s.artist_names) end as artist_text
    from scored s
    left join track_credits c on c.track_id = s.track_id
),

-- an artist who is credited twice on one item counts once
named as (
    select
        feed, week, scheduled_at, item_key, position, points,
        coalesce(artist_id, artist_text) as artist_key,
        max(artist_id) as artist_id,
        max(artist_text) as artist_text
    from credited
    where coalesce(artist_id, artist_text) is not null
    group by feed, week, scheduled_at, item_key, position, points, coalesce(artist_id, artist_text)
),

weekly as (
    select
        feed, week, artist_key,
        max(artist_id) as artist_id,
        max(artist_text) as artist_text,
        count(distinct item_key) as items,
        min(position) as best_position,
        sum(points) as points
    from named
    group by feed, week, artist_key
),

weeks as (
    select feed, week, sum(points) as points, count(distinct scheduled_at) as editions
    from scored
    group by feed, week
),

week_windows as (
    select
        feed, week, points,
        sum(editions) over (
            partition by feed order by week range between 3 preceding and current row
        ) as editions_4w,
        sum(editions) over (
            partition by feed order by week range between 7 preceding and 4 preceding
        ) as editions_4w_before
    from weeks
),

artist_windows as (
    select
        feed, week, artist_key, artist_id, artist_text, items, best_position, points,
        sum(points) over (
            partition by feed, artist_key order by week range between 3 preceding and current row
        ) as points_4w,
        sum(points) over (
            partition by feed, artist_key order by week range between 7 preceding and 4 preceding
        ) as points_4w_before
    from weekly
)

select
    a.feed,
    date '1970-01-01' + cast(a.week * 7 as integer) as week_ending,
    a.artist_key,
    a.artist_id,
    coalesce(known.artist_name, a.artist_text) as artist_name,
    a.artist_id is null as is_text,
    a.items,
    a.best_position,
    round(a.points, 6) as chart_points,
    round(a.points / w.points, 6) as share,
    round(a.points_4w / w.editions_4w, 6) as points_per_edition_4w,
    round(a.points_4w_before / w.editions_4w_before, 6) as points_per_edition_4w_before,
    round((a.points_4w / w.editions_4w) / (a.points_4w_before / w.editions_4w_before) - 1, 6) as momentum_4w
from artist_windows a
inner join week_windows w on w.feed = a.feed and w.week = a.week
left join artists known on known.artist_id = a.artist_id
order by a.feed, a.week, chart_points desc, a.artist_key
