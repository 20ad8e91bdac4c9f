-- one row per feed, ranked edition and artist with an entry in it
-- key: feed, scheduled_at, artist_key
-- anew: editions in scope
-- scope: credits
-- each credited artist gets the chart points of an item whole
select
    c.feed, c.scheduled_at, c.chart_date, c.ordinal, c.artist_key,
    max(c.artist_id) as artist_id,
    max(c.artist_text) as artist_text,
    count(*) as items,
    cast(sum(case when c.movement = 'new' then 1 else 0 end) as bigint) as new_entries,
    min(c.position) as best_position,
    round(sum(c.chart_points), 6) as chart_points
from chart_credits c
inner join scope s on s.feed = c.feed and s.first_ordinal <= c.ordinal
group by c.feed, c.scheduled_at, c.chart_date, c.ordinal, c.artist_key
order by c.feed, c.scheduled_at, best_position, c.artist_key
