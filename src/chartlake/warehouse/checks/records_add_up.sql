-- error: entries plus rejects are the records that the source gave
select e.feed, e.chart_date, e.item_count, coalesce(n.records, 0) as records
from editions e
left join (
    select feed, slot, count(*) as records
    from (
        select feed, slot from entries
        union all
        select feed, slot from rejects
    ) r
    group by feed, slot
) n on n.feed = e.feed and n.slot = e.slot
where e.item_count <> coalesce(n.records, 0)
