-- one row per feed and form in which an item stood in a list: its ids and its texts as given
-- key: feed, item_key, item_kind, track_id, item_name, artist_names
-- anew: touched_entries (feed, item_key)
-- generated from marts/entry_forms.sql by scripts/dialects.py: change that, `make dialects`
SELECT
  e.feed,
  e.item_kind,
  e.item_key,
  e.track_id,
  e.item_name,
  e.artist_names,
  min(e.slot) AS first_slot,
  max(e.slot) AS last_slot
FROM entries AS e
INNER JOIN touched_entries AS t
  ON t.feed = e.feed AND t.item_key = e.item_key
GROUP BY
  e.feed,
  e.item_kind,
  e.item_key,
  e.track_id,
  e.item_name,
  e.artist_names
ORDER BY
  e.feed,
  e.item_key,
  first_slot,
  e.item_kind,
  e.track_id,
  e.item_name,
  e.artist_names
