-- one row per feed, item_key and form in which it stood there: its ids and names as given
-- key: feed, item_key, item_kind, track_id, item_name, artist_names
-- anew: touched_items (feed, item_key)
select
    m.feed, m.item_kind, m.item_key, m.track_id, m.item_name, m.artist_names,
    min(m.chart_date) as first_chart_date,
    max(m.chart_date) as last_chart_date,
    count(*) as editions
from chart_movements m
inner join scope s on s.feed = m.feed
inner join touched_items t on t.feed = m.feed and t.item_key = m.item_key
group by m.feed, m.item_kind, m.item_key, m.track_id, m.item_name, m.artist_names
order by m.feed, m.item_key, first_chart_date, m.item_kind, m.track_id, m.item_name, m.artist_names
