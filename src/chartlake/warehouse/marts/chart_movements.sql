-- one row per feed, ranked edition and item_key: where it stands and how it came there
-- key: feed, scheduled_at, item_key
-- anew: editions in scope
-- compared with the edition before that exists: a missing edition neither breaks nor lengthens a
-- streak. What is counted along starts from item_states, the last rows of each item before `scope`
with placed as (
    select
        t.feed, t.ordinal, t.chart_date, coalesce(o.counted_as, e.item_key) as item_key,
        e.item_kind, e.track_id, e.item_name, e.artist_names, e.position, e.streams,
        row_number() over (
            partition by t.feed, t.ordinal, coalesce(o.counted_as, e.item_key) order by e.position
        ) as best_first
    from timeline t
    inner join scope s on s.feed = t.feed and s.first_ordinal <= t.ordinal
    inner join entries e on e.feed = t.feed and e.slot = t.slot
    left join merged_tracks o on o.track_id = e.track_id
    left join excluded_items xi on xi.item_key = e.item_key
    left join excluded_items xo on xo.item_key = o.counted_as
    left join excluded_terms xk on xk.kind = 'kind' and xk.value = e.item_kind
    left join excluded_terms xn
        on xn.kind = 'name'
        and xn.value = lower(trim(case when e.item_kind = 'artist' then e.item_name else e.artist_names end))
    where
        t.is_edition and e.item_key is not null
        and xi.item_key is null and xo.item_key is null and xk.value is null and xn.value is null
),

marks as (
    select
        feed, ordinal, chart_date, item_key, item_kind, track_id, item_name, artist_names,
        position, streams, false as is_known,
        cast(null as bigint) as known_peak, cast(null as date) as known_peak_date,
        cast(null as date) as known_debut_date, cast(null as bigint) as known_debut_position,
        cast(null as bigint) as known_editions, cast(null as bigint) as known_streak,
        cast(null as bigint) as known_at_one, cast(null as bigint) as known_streams
    from placed
    where best_first = 1
    union all
    select
        feed, ordinal, cast(null as date) as chart_date, item_key,
        cast(null as varchar) as item_kind, cast(null as varchar) as track_id,
        cast(null as varchar) as item_name, cast(null as varchar) as artist_names,
        position, streams, true as is_known,
        peak_position as known_peak, peak_date as known_peak_date,
        debut_date as known_debut_date, debut_position as known_debut_position,
        editions_on_chart as known_editions, streak as known_streak,
        editions_at_one as known_at_one, streams_total as known_streams
    from item_states
)
,

history as (
    select
        feed, ordinal, chart_date, item_key, item_kind, track_id, item_name, artist_names,
        position, streams, is_known, known_peak_date, known_streak,
        lag(ordinal) over (partition by feed, item_key order by ordinal) as last_ordinal,
        lag(position) over (partition by feed, item_key order by ordinal) as last_position,
        lag(streams) over (partition by feed, item_key order by ordinal) as last_streams,
        min(coalesce(known_peak, position)) over (
            partition by feed, item_key order by ordinal
            rows between unbounded preceding and current row
        ) as peak_position,
        min(coalesce(known_peak, position)) over (
            partition by feed, item_key order by ordinal
            rows between unbounded preceding and 1 preceding
        ) as peak_before,
        first_value(coalesce(known_debut_position, position)) over (
            partition by feed, item_key order by ordinal
            rows between unbounded preceding and current row
        ) as debut_position,
        first_value(coalesce(known_debut_date, chart_date)) over (
            partition by feed, item_key order by ordinal
            rows between unbounded preceding and current row
        ) as debut_date,
        coalesce(max(known_editions) over (
            partition by feed, item_key order by ordinal
            rows between unbounded preceding and current row
        ), 0) + sum(case when is_known then 0 else 1 end) over (
            partition by feed, item_key order by ordinal
            rows between unbounded preceding and current row
        ) as editions_on_chart,
        coalesce(max(known_at_one) over (
            partition by feed, item_key order by ordinal
            rows between unbounded preceding and current row
        ), 0) + sum(case when position = 1 and not is_known then 1 else 0 end) over (
            partition by feed, item_key order by ordinal
            rows between unbounded preceding and current row
        ) as editions_at_one,
        coalesce(max(known_streams) over (
            partition by feed, item_key order by ordinal
            rows between unbounded preceding and current row
        ), 0) + coalesce(sum(case when not is_known then streams end) over (
            partition by feed, item_key order by ordinal
            rows between unbounded preceding and current row
        ), 0) as known_streams_total,
        sum(case when streams is null or (is_known and known_streams is null) then 1 else 0 end) over (
            partition by feed, item_key order by ordinal
            rows between unbounded preceding and current row
        ) as unknown_streams,
        sum(streams) over (
            partition by feed, item_key order by ordinal range between 6 preceding and current row
        ) as known_streams_7,
        sum(case when streams is null then 1 else 0 end) over (
            partition by feed, item_key order by ordinal range between 6 preceding and current row
        ) as unknown_streams_7
    from marks
),

runs as (
    select
        *,
        max(
            case
                when is_known then known_peak_date
                when peak_before is null or position < peak_before then chart_date
            end
        ) over (
            partition by feed, item_key order by ordinal
            rows between unbounded preceding and current row
        ) as peak_date,
        max(
            case
                when is_known then ordinal - known_streak + 1
                when last_ordinal is null or last_ordinal < ordinal - 1 then ordinal
            end
        ) over (
            partition by feed, item_key order by ordinal
            rows between unbounded preceding and current row
        ) as run_start,
        case when last_ordinal = ordinal - 1 then last_position end as previous_position,
        case when last_ordinal = ordinal - 1 then last_streams end as previous_streams
    from history
)

select
    r.feed, c.scheduled_at, r.chart_date, r.ordinal,
    r.item_kind, r.item_key, r.track_id, r.item_name, r.artist_names,
    r.position,
    r.previous_position,
    r.previous_position - r.position as change,
    case
        when r.ordinal = 1 then 'first'
        when r.last_ordinal is null then 'new'
        when r.previous_position is null then 're_entry'
        when r.position < r.previous_position then 'up'
        when r.position > r.previous_position then 'down'
        else 'same'
    end as movement,
    r.peak_position,
    r.peak_date,
    r.debut_date,
    r.debut_position,
    cast(r.editions_on_chart as bigint) as editions_on_chart,
    r.ordinal - r.run_start + 1 as streak,
    cast(r.editions_at_one as bigint) as editions_at_one,
    cast(c.length + 1 - r.position as double) / nullif(c.length, 0) as chart_points,
    r.streams,
    r.streams - r.previous_streams as streams_change,
    case
        when r.previous_streams > 0
        then 100 * cast(r.streams - r.previous_streams as double) / r.previous_streams
    end as streams_change_percent,
    case
        when r.ordinal >= 7 and r.unknown_streams_7 = 0 then cast(r.known_streams_7 as bigint)
    end as streams_7,
    case when r.unknown_streams = 0 then cast(r.known_streams_total as bigint) end as streams_total,
    case when c.streams > 0 then cast(r.streams as double) / c.streams end as streams_share
from runs r
inner join chart_editions c on c.feed = r.feed and c.ordinal = r.ordinal
where not r.is_known
order by r.feed, c.scheduled_at, r.position, r.item_key
