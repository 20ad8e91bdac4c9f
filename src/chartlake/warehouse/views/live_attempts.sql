-- one row per feed and slot: the attempt whose rows are loaded
with ranked as (
    select
        feed, slot, attempt_id, build_id, revision, transform_version, slots_covered, loaded_at,
        row_number() over (
            partition by feed, slot
            order by revision desc, transform_version desc, slots_covered desc, build_id
        ) as place
    from load_history
)

select feed, slot, attempt_id, build_id, revision, transform_version, slots_covered, loaded_at
from ranked
where place = 1
