-- one row per feed that has a market, and item_key: when it came there, compared with the others
-- key: feed, item_key
-- anew: touched_markets (item_key)
-- a debut in a feed's first edition is not known (debut_is_known): it may have been there before
with placed as (
    select m.family, m.market, p.*
    from feed_markets m
    inner join item_profiles p on p.feed = m.feed
    inner join touched_markets t on t.item_key = p.item_key
),

families as (
    select family, item_key, min(debut_date) as first_date, count(distinct market) as markets
    from placed
    group by family, item_key
)

select
    p.family, p.market, p.feed, p.item_kind, p.item_key, p.track_id, p.item_name, p.artist_names,
    p.debut_is_known,
    p.debut_date as first_chart_date,
    p.debut_position as first_position,
    p.debut_date = f.first_date as is_first_market,
    cast(date_diff('day', f.first_date, p.debut_date) as bigint) as days_after_first,
    f.markets,
    p.peak_position, p.peak_date, p.editions_on_chart, p.last_chart_date, p.last_position,
    case when p.is_on_chart then p.last_position end as position
from placed p
inner join families f on f.family = p.family and f.item_key = p.item_key
order by p.family, p.item_key, first_chart_date, p.market, p.feed
