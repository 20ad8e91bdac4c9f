-- error: every item of a ranked edition that is not excluded has its movement, once
with expected as (
    select d.feed, d.scheduled_at, count(distinct coalesce(o.counted_as, e.item_key)) as items
    from editions d
    inner join entries e on e.feed = d.feed and e.slot = d.slot
    left join merged_tracks o on o.track_id = e.track_id
    left join excluded_items xi on xi.item_key = e.item_key
    left join excluded_items xo on xo.item_key = o.counted_as
    left join excluded_terms xk on xk.kind = 'kind' and xk.value = e.item_kind
    left join excluded_terms xn
        on xn.kind = 'name'
        and xn.value = lower(trim(case when e.item_kind = 'artist' then e.item_name else e.artist_names end))
    where
        e.item_key is not null
        and xi.item_key is null and xo.item_key is null and xk.value is null and xn.value is null
    group by d.feed, d.scheduled_at
)

select c.feed, c.chart_date, coalesce(i.items, 0) as items, coalesce(m.items, 0) as movements
from chart_editions c
left join expected i on i.feed = c.feed and i.scheduled_at = c.scheduled_at
left join (
    select feed, scheduled_at, count(*) as items
    from chart_movements
    group by feed, scheduled_at
) m on m.feed = c.feed and m.scheduled_at = c.scheduled_at
where coalesce(i.items, 0) <> coalesce(m.items, 0)
