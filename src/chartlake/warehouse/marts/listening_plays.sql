-- one row per account, played_at and item_key: a play, however often it was seen
-- key: account, played_at, item_key
-- anew: touched_accounts (account)
with ranked as (
    select
        p.account, p.played_at, p.item_kind, p.item_key, p.track_id, p.item_name, p.artist_names,
        p.duration_ms, p.context_type, p.context_uri, p.feed, p.slot, r.observed_at,
        row_number() over (
            partition by p.account, p.played_at, p.item_key
            order by r.observed_at, p.feed, p.slot, p.position
        ) as sighting
    from play_observations p
    inner join touched_accounts t on t.account = p.account
    inner join readings r on r.feed = p.feed and r.slot = p.slot
)

select
    account, played_at, item_kind, item_key, track_id, item_name, artist_names,
    duration_ms, context_type, context_uri,
    feed as first_feed,
    slot as first_slot,
    observed_at as first_observed_at
from ranked
where sighting = 1
order by account, played_at, item_key
