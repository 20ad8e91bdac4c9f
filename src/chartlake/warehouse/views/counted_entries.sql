-- one row per feed, slot and position that counts: with the item_key that it counts as
-- key: feed, slot, position
-- not those without an item, and not what is excluded: by what it is, or by who is credited on it.
-- With recordings as one, each track id counts as the one of its recording that was seen first
with one_recording as (
    select r.track_id, r.counted_as
    from recordings r
    inner join chart_options o on o.name = 'recordings' and o.value = 'as-one'
    where r.counted_as <> r.track_id
),

excluded as (
    select value as item_key from excluded_terms where kind in ('item', 'artist')
    union
    select c.item_id as item_key
    from item_credits c
    inner join excluded_terms x on x.kind = 'artist' and x.value = c.artist_id
    union
    select c.item_id as item_key
    from item_credits c
    inner join excluded_terms x on x.kind = 'name' and x.value = lower(trim(c.artist_text))
)

select
    e.feed, e.slot, e.position, e.item_kind,
    coalesce(o.counted_as, e.item_key) as item_key,
    e.track_id, e.item_name, e.artist_names, e.streams
from entries e
left join one_recording o on o.track_id = e.track_id
left join excluded xi on xi.item_key = e.item_key
left join excluded xo on xo.item_key = o.counted_as
left join excluded_terms xk on xk.kind = 'kind' and xk.value = e.item_kind
left join excluded_terms xn
    on xn.kind = 'name'
    and xn.value = lower(trim(case when e.item_kind = 'artist' then e.item_name else e.artist_names end))
where
    e.item_key is not null
    and xi.item_key is null and xo.item_key is null and xk.value is null and xn.value is null
