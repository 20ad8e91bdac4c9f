-- measures the longest presence of an artist that ends with each edition: editions in a row with any item
-- of an artist text no program knows who else it names, so it is gone only where no entry holds it
with presences as (
    select ordinal, artist_key, max(artist_id) as artist_id, max(artist_text) as artist_text
    from credits
    group by ordinal, artist_key
),

stays as (
    select
        ordinal, artist_key, artist_id, artist_text,
        -- equal for editions in a row: both numbers grow by one
        ordinal - row_number() over (partition by artist_key order by ordinal) as stay
    from presences
),

ends as (
    select
        artist_key,
        case when max(artist_id) is null then max(artist_text) end as only_text,
        max(ordinal) + 1 as ordinal,
        min(ordinal) as first_with,
        count(*) as editions
    from stays
    group by artist_key, stay
),

still_named as (
    select distinct e.ordinal, e.artist_key
    from ends e
    inner join moves m on m.ordinal = e.ordinal
    where position(lower(e.only_text) in lower(concat(m.item_name, ' ', m.artist_names))) > 0
),

ranked as (
    select
        e.ordinal, e.artist_key, e.first_with, e.editions,
        row_number() over (partition by e.ordinal order by e.editions desc, e.artist_key) as place
    from ends e
    left join still_named s on s.ordinal = e.ordinal and s.artist_key = e.artist_key
    where s.artist_key is null
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
