-- one row per feed, record and holder: the ten best of each, equals share a place
-- key: feed, record, scheduled_at, item_key, artist_key
-- anew: feeds in scope
-- scope: credits
-- value is counted in editions, positions, streams or items, as the record's name says
with last_editions as (
    select c.feed, max(c.ordinal) as ordinal
    from chart_editions c
    inner join scope s on s.feed = c.feed
    group by c.feed
),

-- a run ends where the item leaves; in the last edition all that are there may go on
run_ends as (
    select x.feed, x.item_key, x.ordinal - 1 as ordinal, x.run_length as streak, x.editions_on_chart
    from chart_exits x
    inner join scope s on s.feed = x.feed
    union all
    select m.feed, m.item_key, m.ordinal, m.streak, m.editions_on_chart
    from chart_movements m
    inner join last_editions l on l.feed = m.feed and l.ordinal = m.ordinal
),

runs as (
    select
        feed, item_key, ordinal, streak, editions_on_chart,
        lead(ordinal - streak + 1) over (partition by feed, item_key order by ordinal) as next_start
    from run_ends
),

ones as (
    select
        m.feed, m.item_key,
        min(m.ordinal) as first_ordinal, max(m.ordinal) as last_ordinal,
        max(m.editions_at_one) as editions_at_one
    from chart_movements m
    inner join scope s on s.feed = m.feed
    where m.position = 1
    group by m.feed, m.item_key
),

edition_bests as (
    select m.feed, m.ordinal, max(m.change) as climb, max(-m.change) as fall, max(m.streams) as streams
    from chart_movements m
    inner join scope s on s.feed = m.feed
    group by m.feed, m.ordinal
),

-- the best of an edition, of the records for which any row may stand
record_bests as (
    select feed, 'biggest_climb' as record, climb as value
    from edition_bests
    where climb > 0
    union all
    select feed, 'biggest_fall' as record, fall as value
    from edition_bests
    where fall > 0
    union all
    select feed, 'most_streams' as record, streams as value
    from edition_bests
    where streams is not null
),

record_bests_ranked as (
    select
        feed, record, value,
        row_number() over (partition by feed, record order by value desc) as place
    from record_bests
),

-- ten editions reach this, so nothing below it is among the ten best: it need not be sorted
bounds as (
    select feed, record, value as least
    from record_bests_ranked
    where place = 10
),

candidates as (
    select
        feed, 'longest_streak' as record, streak as value,
        ordinal, ordinal - streak + 1 as since_ordinal, item_key
    from runs
    union all
    select
        feed, 'most_editions' as record, editions_on_chart as value,
        ordinal, cast(null as bigint) as since_ordinal, item_key
    from runs
    where next_start is null
    union all
    select
        feed, 'most_at_one' as record, editions_at_one as value,
        last_ordinal as ordinal, first_ordinal as since_ordinal, item_key
    from ones
    union all
    select
        feed, 'longest_absence' as record, next_start - ordinal - 1 as value,
        next_start as ordinal, ordinal as since_ordinal, item_key
    from runs
    where next_start is not null
    union all
    select
        m.feed, 'biggest_climb' as record, m.change as value,
        m.ordinal, m.ordinal - 1 as since_ordinal, m.item_key
    from chart_movements m
    inner join scope s on s.feed = m.feed
    left join bounds b on b.feed = m.feed and b.record = 'biggest_climb'
    where m.change > 0 and (b.least is null or m.change >= b.least)
    union all
    select
        m.feed, 'biggest_fall' as record, -m.change as value,
        m.ordinal, m.ordinal - 1 as since_ordinal, m.item_key
    from chart_movements m
    inner join scope s on s.feed = m.feed
    left join bounds b on b.feed = m.feed and b.record = 'biggest_fall'
    where m.change < 0 and (b.least is null or -m.change >= b.least)
    union all
    select
        m.feed, 'most_streams' as record, m.streams as value,
        m.ordinal, cast(null as bigint) as since_ordinal, m.item_key
    from chart_movements m
    inner join scope s on s.feed = m.feed
    left join bounds b on b.feed = m.feed and b.record = 'most_streams'
    where m.streams is not null and (b.least is null or m.streams >= b.least)
),

candidates_ranked as (
    select
        feed, record, value, ordinal, since_ordinal, item_key,
        rank() over (partition by feed, record order by value desc) as place
    from candidates
),

holders as (
    select
        m.feed, m.ordinal, m.scheduled_at, m.chart_date, m.item_kind, m.item_key, m.track_id,
        m.item_name, m.artist_names, m.position, m.debut_date
    from chart_movements m
    inner join scope s on s.feed = m.feed
),

of_items as (
    select
        c.feed, c.record, c.value,
        m.item_kind, m.item_key, m.track_id, m.item_name, m.artist_names,
        cast(null as varchar) as artist_key,
        m.position,
        case when c.record = 'most_editions' then m.debut_date else since.chart_date end as since_date,
        m.chart_date, m.scheduled_at
    from candidates_ranked c
    inner join holders m
        on m.feed = c.feed and m.ordinal = c.ordinal and m.item_key = c.item_key
    left join chart_editions since on since.feed = c.feed and since.ordinal = c.since_ordinal
    where c.place <= 10
),

artists_ranked as (
    select
        p.feed, p.artist_key, p.artist_name, p.most_at_once,
        rank() over (partition by p.feed order by p.most_at_once desc) as place
    from artist_profiles p
    inner join scope s on s.feed = p.feed
),

artist_bests as (
    select
        r.feed, r.artist_key, r.artist_name, a.items, a.best_position, a.chart_date, a.scheduled_at,
        row_number() over (partition by r.feed, r.artist_key order by a.scheduled_at) as nth
    from artists_ranked r
    inner join artist_editions a
        on a.feed = r.feed and a.artist_key = r.artist_key and a.items = r.most_at_once
    where r.place <= 10
),

of_artists as (
    select
        feed, 'most_by_artist' as record, items as value,
        cast(null as varchar) as item_kind, cast(null as varchar) as item_key,
        cast(null as varchar) as track_id, cast(null as varchar) as item_name,
        artist_name as artist_names, artist_key,
        best_position as position,
        cast(null as date) as since_date,
        chart_date, scheduled_at
    from artist_bests
    where nth = 1
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
order by feed, record, place, scheduled_at, position, coalesce(item_key, artist_key)
