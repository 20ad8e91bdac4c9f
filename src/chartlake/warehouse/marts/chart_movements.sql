-- one row per feed, ranked edition and item_key: where it stands and how it came there
-- compared with the edition before that exists: a missing edition neither breaks nor lengthens a streak
with placed as (
    select
        c.feed, c.scheduled_at, c.chart_date, c.ordinal,
        e.item_kind, e.item_key, e.track_id, e.item_name, e.artist_names, e.position, e.streams,
        row_number() over (partition by c.feed, c.ordinal, e.item_key order by e.position) as best_first
    from chart_editions c
    inner join editions d on d.feed = c.feed and d.scheduled_at = c.scheduled_at
    inner join entries e on e.feed = d.feed and e.slot = d.slot
    where e.item_key is not null
),

history as (
    select
        feed, scheduled_at, chart_date, ordinal,
        item_kind, item_key, track_id, item_name, artist_names, position, streams,
        row_number() over (partition by feed, item_key order by ordinal) as editions_on_chart,
        lag(ordinal) over (partition by feed, item_key order by ordinal) as last_ordinal,
        lag(position) over (partition by feed, item_key order by ordinal) as last_position,
        min(position) over (
            partition by feed, item_key order by ordinal
            rows between unbounded preceding and current row
        ) as peak_position,
        min(position) over (
            partition by feed, item_key order by ordinal
            rows between unbounded preceding and 1 preceding
        ) as peak_before,
        sum(case when position = 1 then 1 else 0 end) over (
            partition by feed, item_key order by ordinal
            rows between unbounded preceding and current row
        ) as editions_at_one
    from placed
    where best_first = 1
),

runs as (
    select
        *,
        -- equal for editions in a row: both numbers grow by one
        ordinal - editions_on_chart as run,
        max(case when peak_before is null or position < peak_before then chart_date end) over (
            partition by feed, item_key order by ordinal
            rows between unbounded preceding and current row
        ) as peak_date,
        case when last_ordinal = ordinal - 1 then last_position end as previous_position
    from history
)

select
    feed, scheduled_at, chart_date, item_kind, item_key, track_id, item_name, artist_names,
    position,
    previous_position,
    previous_position - position as change,
    case
        when ordinal = 1 then 'first'
        when last_ordinal is null then 'new'
        when previous_position is null then 're_entry'
        when position < previous_position then 'up'
        when position > previous_position then 'down'
        else 'same'
    end as movement,
    peak_position,
    peak_date,
    editions_on_chart,
    row_number() over (partition by feed, item_key, run order by ordinal) as streak,
    cast(editions_at_one as bigint) as editions_at_one,
    streams
from runs
order by feed, scheduled_at, position, item_key
