-- one row per item_key that stands in scope, or in a feed that is another market's now
-- of: item_profiles
select item_key from touched_items
union
select p.item_key
from item_profiles p
inner join moved_feeds f on f.feed = p.feed
