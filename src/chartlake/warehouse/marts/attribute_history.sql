-- one row per thing, attribute and stretch of time in which its value stayed the same
-- key: entity_kind, entity_id, attribute, valid_from
-- anew: touched_things (entity_kind, entity_id)
-- what an answer does not tell has not changed: nulls are left out
with told as (
    select
        'track' as entity_kind, track_id as entity_id, 'name' as attribute,
        track_name as value, cast(null as bigint) as value_number, observed_at, feed, slot
    from track_observations
    where track_name is not null
    union all
    select
        'track' as entity_kind, track_id as entity_id, 'popularity' as attribute,
        cast(popularity as varchar) as value, popularity as value_number, observed_at, feed, slot
    from track_observations
    where popularity is not null
    union all
    select
        'album' as entity_kind, album_id as entity_id, 'name' as attribute,
        album_name as value, cast(null as bigint) as value_number, observed_at, feed, slot
    from album_observations
    where album_name is not null
    union all
    select
        'album' as entity_kind, album_id as entity_id, 'popularity' as attribute,
        cast(popularity as varchar) as value, popularity as value_number, observed_at, feed, slot
    from album_observations
    where popularity is not null
    union all
    select
        'artist' as entity_kind, artist_id as entity_id, 'name' as attribute,
        artist_name as value, cast(null as bigint) as value_number, observed_at, feed, slot
    from artist_observations
    where artist_name is not null
    union all
    select
        'artist' as entity_kind, artist_id as entity_id, 'popularity' as attribute,
        cast(popularity as varchar) as value, popularity as value_number, observed_at, feed, slot
    from artist_observations
    where popularity is not null
    union all
    select
        'artist' as entity_kind, artist_id as entity_id, 'followers' as attribute,
        cast(followers as varchar) as value, followers as value_number, observed_at, feed, slot
    from artist_observations
    where followers is not null
),

-- what two feeds saw at one moment counts once
ranked as (
    select
        d.entity_kind, d.entity_id, d.attribute, d.value, d.value_number, d.observed_at,
        row_number() over (
            partition by d.entity_kind, d.entity_id, d.attribute, d.observed_at order by d.feed, d.slot
        ) as place
    from told d
    inner join touched_things t on t.entity_kind = d.entity_kind and t.entity_id = d.entity_id
),

compared as (
    select
        entity_kind, entity_id, attribute, value, value_number, observed_at,
        lag(value) over (
            partition by entity_kind, entity_id, attribute order by observed_at
        ) as previous_value
    from ranked
    where place = 1
),

numbered as (
    select
        entity_kind, entity_id, attribute, value, value_number, observed_at,
        sum(case when previous_value is null or previous_value <> value then 1 else 0 end) over (
            partition by entity_kind, entity_id, attribute order by observed_at
            rows between unbounded preceding and current row
        ) as stretch
    from compared
),

stretches as (
    select
        entity_kind, entity_id, attribute, stretch,
        max(value) as value,
        max(value_number) as value_number,
        min(observed_at) as valid_from,
        max(observed_at) as last_observed_at,
        count(*) as observations
    from numbered
    group by entity_kind, entity_id, attribute, stretch
)

select
    entity_kind, entity_id, attribute, value, value_number, valid_from,
    lead(valid_from) over (
        partition by entity_kind, entity_id, attribute order by stretch
    ) as valid_to,
    last_observed_at, observations
from stretches
order by entity_kind, entity_id, attribute, valid_from
