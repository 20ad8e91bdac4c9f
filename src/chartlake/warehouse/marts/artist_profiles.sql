-- one row per feed and artist who ever had an entry in it
-- key: feed, artist_key
-- anew: touched_charting_artists (feed, artist_key)
-- scope: credits
with mine as (
    select
        a.feed, a.artist_key, a.artist_id, a.artist_text, a.ordinal, a.chart_date, a.items, a.best_position
    from artist_editions a
    inner join scope s on s.feed = a.feed
    inner join touched_charting_artists t on t.feed = a.feed and t.artist_key = a.artist_key
),

last_editions as (
    select c.feed, max(c.ordinal) as ordinal
    from chart_editions c
    inner join scope s on s.feed = c.feed
    group by c.feed
),

peaks as (
    select
        feed, artist_key,
        max(items) as most_at_once,
        min(best_position) as best_position
    from mine
    group by feed, artist_key
),

over_time as (
    select
        a.feed, a.artist_key,
        max(a.artist_id) as artist_id,
        max(a.artist_text) as artist_text,
        max(case when a.ordinal = l.ordinal then a.items else 0 end) as items_on_chart,
        min(case when a.items = p.most_at_once then a.chart_date end) as most_at_once_date,
        min(case when a.best_position = p.best_position then a.chart_date end) as best_date,
        min(a.chart_date) as first_chart_date,
        max(a.chart_date) as last_chart_date,
        count(*) as editions_on_chart,
        sum(case when a.best_position = 1 then 1 else 0 end) as editions_at_one
    from mine a
    inner join peaks p on p.feed = a.feed and p.artist_key = a.artist_key
    inner join last_editions l on l.feed = a.feed
    group by a.feed, a.artist_key
),

credited as (
    select c.feed, c.artist_key, c.item_key, c.position, c.chart_points
    from chart_credits c
    inner join scope s on s.feed = c.feed
    inner join touched_charting_artists t on t.feed = c.feed and t.artist_key = c.artist_key
),

item_bests as (
    select
        feed, artist_key, item_key,
        min(position) as best_position,
        sum(chart_points) as chart_points
    from credited
    group by feed, artist_key, item_key
),

different as (
    select
        feed, artist_key,
        count(*) as items,
        sum(case when best_position = 1 then 1 else 0 end) as items_at_one,
        sum(chart_points) as chart_points
    from item_bests
    group by feed, artist_key
)

select
    o.feed, o.artist_key, o.artist_id,
    coalesce(known.artist_name, o.artist_text) as artist_name,
    o.artist_id is null as is_text,
    d.items,
    o.items_on_chart,
    cast(d.items_at_one as bigint) as items_at_one,
    p.most_at_once, o.most_at_once_date, p.best_position, o.best_date,
    o.first_chart_date, o.last_chart_date, o.editions_on_chart,
    cast(o.editions_at_one as bigint) as editions_at_one,
    round(d.chart_points, 6) as chart_points
from over_time o
inner join peaks p on p.feed = o.feed and p.artist_key = o.artist_key
inner join different d on d.feed = o.feed and d.artist_key = o.artist_key
left join artists known on known.artist_id = o.artist_id
order by o.feed, o.artist_key
