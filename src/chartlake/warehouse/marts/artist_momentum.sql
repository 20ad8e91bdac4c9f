-- one row per feed, chart week (Friday to Thursday) and artist with an entry in it
-- key: feed, week_ending, artist_key
-- anew: weeks in scope
-- scope: credits
-- chart points are whole for each credited artist, so shares of one chart may add up to more than 1.
-- Four weeks are compared per edition, so that a missing edition does not look like a fall.
with dated as (
    select
        c.feed, c.scheduled_at,
        -- 1970-01-01 was a Thursday: weeks count from it and end on it
        cast(floor(cast(date_diff('day', date '1970-01-01', c.chart_date) + 6 as double) / 7) as bigint) as week,
        cast(floor(cast(date_diff('day', date '1970-01-01', s.first_date) + 6 as double) / 7) as bigint)
            as first_week
    from chart_editions c
    inner join scope s on s.feed = c.feed
),

editions_by_week as (
    select feed, scheduled_at, week, first_week
    from dated
    where week >= first_week - 7
),

weekly as (
    select
        c.feed, w.week, c.artist_key,
        max(c.artist_id) as artist_id,
        max(c.artist_text) as artist_text,
        count(distinct c.item_key) as items,
        min(c.position) as best_position,
        sum(c.chart_points) as points
    from chart_credits c
    inner join editions_by_week w on w.feed = c.feed and w.scheduled_at = c.scheduled_at
    group by c.feed, w.week, c.artist_key
),

points_by_edition as (
    select m.feed, m.scheduled_at, sum(m.chart_points) as points
    from chart_movements m
    inner join editions_by_week w on w.feed = m.feed and w.scheduled_at = m.scheduled_at
    group by m.feed, m.scheduled_at
),

-- an edition in which nothing stands is an edition too
weeks as (
    select
        w.feed, w.week, w.first_week,
        sum(coalesce(p.points, 0)) as points,
        count(*) as editions
    from editions_by_week w
    left join points_by_edition p on p.feed = w.feed and p.scheduled_at = w.scheduled_at
    group by w.feed, w.week, w.first_week
),

week_windows as (
    select
        feed, week, first_week, points,
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
    round(a.points / nullif(w.points, 0), 6) as share,
    round(a.points_4w / nullif(w.editions_4w, 0), 6) as points_per_edition_4w,
    round(a.points_4w_before / nullif(w.editions_4w_before, 0), 6) as points_per_edition_4w_before,
    round(
        a.points_4w / nullif(w.editions_4w, 0)
        / nullif(a.points_4w_before / nullif(w.editions_4w_before, 0), 0) - 1,
        6
    ) as momentum_4w
from artist_windows a
inner join week_windows w on w.feed = a.feed and w.week = a.week
left join artists known on known.artist_id = a.artist_id
where a.week >= w.first_week
order by a.feed, week_ending, chart_points desc, a.artist_key
