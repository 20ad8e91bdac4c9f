-- one row per item_key that is excluded by its id, or by who is credited on it
-- key: item_key
select value as item_key from excluded_terms where kind in ('item', 'artist')
union
select c.item_id as item_key
from item_credits c
inner join excluded_terms x on x.kind = 'artist' and x.value = c.artist_id
union
select c.item_id as item_key
from item_credits c
inner join excluded_terms x on x.kind = 'name' and x.value = lower(trim(c.artist_text))
