-- error: entries plus rejects, or plays plus rejects, are the records that the source gave
select s.feed, s.chart_date, s.item_count, coalesce(n.records, 0) as records
from (
    select feed, slot, chart_date, item_count from editions
    union all
    select feed, slot, chart_date, item_count from readings where joins_previous is not null
) s
left join (
    select feed, slot, count(*) as records
    from (
        select feed, slot from entries
        union all
        select feed, slot from play_observations
        union all
        select feed, slot from rejects
    ) r
    group by feed, slot
) n on n.feed = s.feed and n.slot = s.slot
where s.item_count <> coalesce(n.records, 0)
