-- one row per feed and slot: what the source was read for, an edition or a reading
select
    feed, slot, scheduled_at, chart_date, observed_at, source, source_id, schedule, timezone, cadence,
    item_count,
    true as is_edition
from editions
union all
select
    feed, slot, scheduled_at, chart_date, observed_at, source, source_id, schedule, timezone, cadence,
    item_count,
    false as is_edition
from readings
