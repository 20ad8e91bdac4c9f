-- measures the longest presence of an artist that ends with each edition: editions in a row with any item
-- who is credited is not known of every item, so an artist is there where a title or an artist text holds
-- the name: such an edition is neither the first without it, nor the one before it came
-- an artist text with a comma is several artists, and no program knows which
with stays as (
    select
        ordinal, artist_key, artist_id, artist_text,
        -- equal for editions in a row: both numbers grow by one
        ordinal - row_number() over (partition by artist_key order by ordinal) as stay
    from presences
),

ends as (
    select
        artist_key,
        max(artist_id) as artist_id,
        max(artist_text) as artist_text,
        max(ordinal) + 1 as ordinal,
        min(ordinal) as first_with,
        count(*) as editions
    from stays
    group by artist_key, stay
),

said_without as (
    select ordinal, artist_key, lower(artist_text) as name, ordinal as without from ends
    union all
    select ordinal, artist_key, lower(artist_text) as name, first_with - 1 as without from ends
),

texts as (
    -- no name has a line break, so none is found where two titles meet
    select ordinal, string_agg(lower(concat(item_name, ' ', artist_names)), chr(10)) as text
    from everything
    group by ordinal
),

still_named as (
    select distinct w.ordinal, w.artist_key
    from said_without w
    inner join texts t on t.ordinal = w.without
    where position(w.name in t.text) > 0
),

ranked as (
    select
        e.ordinal, e.artist_key, e.first_with, e.editions,
        row_number() over (partition by e.ordinal order by e.editions desc, e.artist_key) as place
    from ends e
    left join still_named s on s.ordinal = e.ordinal and s.artist_key = e.artist_key
    where
        s.artist_key is null
        and (e.artist_id is not null or position(', ' in e.artist_text) = 0)
)

select
    c.ordinal, c.chart_date,
    r.editions as value,
    r.artist_key,
    p.artist_name as artist_names,
    b.chart_date as last_without
from calendar c
left join ranked r on r.ordinal = c.ordinal and r.place = 1
left join calendar b on b.ordinal = r.first_with - 1
left join artist_profiles p on p.feed = c.feed and p.artist_key = r.artist_key
where c.ordinal > 1
