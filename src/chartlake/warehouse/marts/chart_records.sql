-- one row per feed, record and holder: the ten best of each, equals share a place
-- key: feed, record, scheduled_at, item_key, artist_key
-- value is counted in editions, positions, streams or items, as the record's name says
with moves as (
    select
        m.feed, m.item_key, m.ordinal, m.position, m.change, m.streak,
        m.editions_on_chart, m.editions_at_one, m.streams
    from chart_movements m
    inner join scope s on s.feed = m.feed
),

stays as (
    select
        feed, item_key,
        ordinal - streak + 1 as first_ordinal,
        max(ordinal) as last_ordinal
    from moves
    group by feed, item_key, ordinal - streak + 1
),

ends as (
    select feed, item_key, max(last_ordinal) as last_ordinal
    from stays
    group by feed, item_key
),

ones as (
    select feed, item_key, min(ordinal) as first_ordinal, max(ordinal) as last_ordinal
    from moves
    where position = 1
    group by feed, item_key
),

absences as (
    select
        feed, item_key, first_ordinal,
        lag(last_ordinal) over (partition by feed, item_key order by first_ordinal) as left_ordinal
    from stays
),

candidates as (
    select
        feed, 'longest_streak' as record, last_ordinal - first_ordinal + 1 as value,
        last_ordinal as ordinal, first_ordinal as since_ordinal, item_key
    from stays
    union all
    select
        m.feed, 'most_editions' as record, m.editions_on_chart as value,
        m.ordinal, cast(null as bigint) as since_ordinal, m.item_key
    from ends e
    inner join moves m
        on m.feed = e.feed and m.item_key = e.item_key and m.ordinal = e.last_ordinal
    union all
    select
        m.feed, 'most_at_one' as record, m.editions_at_one as value,
        m.ordinal, o.first_ordinal as since_ordinal, m.item_key
    from ones o
    inner join moves m
        on m.feed = o.feed and m.item_key = o.item_key and m.ordinal = o.last_ordinal
    union all
    select
        feed, 'biggest_climb' as record, change as value,
        ordinal, ordinal - 1 as since_ordinal, item_key
    from moves
    where change > 0
    union all
    select
        feed, 'biggest_fall' as record, -change as value,
        ordinal, ordinal - 1 as since_ordinal, item_key
    from moves
    where change < 0
    union all
    select
        feed, 'longest_absence' as record, first_ordinal - left_ordinal - 1 as value,
        first_ordinal as ordinal, left_ordinal as since_ordinal, item_key
    from absences
    where left_ordinal is not null
    union all
    select
        feed, 'most_streams' as record, streams as value,
        ordinal, cast(null as bigint) as since_ordinal, item_key
    from moves
    where streams is not null
),

-- of each record so many that no tie at the tenth place is lost
values_ranked as (
    select
        feed, record, value,
        row_number() over (partition by feed, record order by value desc) as place
    from candidates
),

thresholds as (
    select feed, record, min(value) as least
    from values_ranked
    where place <= 10
    group by feed, record
),

of_items as (
    select
        c.feed, c.record, c.value,
        m.item_kind, m.item_key, m.track_id, m.item_name, m.artist_names,
        cast(null as varchar) as artist_key,
        m.position,
        case when c.record = 'most_editions' then m.debut_date else since.chart_date end as since_date,
        m.chart_date, m.scheduled_at
    from candidates c
    inner join thresholds t on t.feed = c.feed and t.record = c.record and t.least <= c.value
    inner join chart_movements m
        on m.feed = c.feed and m.ordinal = c.ordinal and m.item_key = c.item_key
    left join chart_editions since on since.feed = c.feed and since.ordinal = c.since_ordinal
),

artist_bests as (
    select
        a.feed, a.artist_key, a.artist_text, a.artist_id, a.items, a.best_position,
        a.chart_date, a.scheduled_at,
        row_number() over (
            partition by a.feed, a.artist_key order by a.items desc, a.scheduled_at
        ) as place
    from artist_editions a
    inner join scope s on s.feed = a.feed
),

of_artists as (
    select
        a.feed, 'most_by_artist' as record, a.items as value,
        cast(null as varchar) as item_kind, cast(null as varchar) as item_key,
        cast(null as varchar) as track_id, cast(null as varchar) as item_name,
        p.artist_name as artist_names, a.artist_key,
        a.best_position as position,
        cast(null as date) as since_date,
        a.chart_date, a.scheduled_at
    from artist_bests a
    inner join artist_profiles p on p.feed = a.feed and p.artist_key = a.artist_key
    where a.place = 1
),

together as (
    select * from of_items
    union all
    select * from of_artists
),

ranked as (
    select
        feed, record, value, item_kind, item_key, track_id, item_name, artist_names, artist_key,
        position, since_date, chart_date, scheduled_at,
        rank() over (partition by feed, record order by value desc) as place,
        row_number() over (
            partition by feed, record
            order by value desc, scheduled_at, position, coalesce(item_key, artist_key)
        ) as line
    from together
)

select
    feed, record, place, value, item_kind, item_key, track_id, item_name, artist_names, artist_key,
    position, since_date, chart_date, scheduled_at
from ranked
where line <= 10
order by feed, record, line
