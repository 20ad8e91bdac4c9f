-- r: what the probes read; numbers are integers here, not bigints
select 1 as k, 1 as n, 'a' as t, 2.5e0 as x, date '2024-01-31' as d,
    timestamp '2024-01-31 23:59:59.9' as moment, true as yes
union all
select 1 as k, 2 as n, null as t, -2.5e0 as x, date '1969-12-31' as d,
    timestamp '1969-12-31 00:00:00.1' as moment, false as yes
union all
select 2 as k, 9 as n, ' Ünder’s, x ' as t, null as x, null as d, null as moment, null as yes

-- nulls come last, upwards and downwards
select n, t, x from r order by k desc, t desc, x, n

-- nulls come last in windows
select
    n,
    row_number() over (order by t desc, n) as a,
    rank() over (partition by k order by x) as b,
    rank() over (order by d desc) as c,
    first_value(n) over (
        order by x rows between unbounded preceding and current row
    ) as e
from r

-- row numbers are bigint
select row_number() over (order by n) as a, rank() over (order by k) as b from r

-- frames, and values of other rows
select
    n,
    lag(t) over (order by n) as a,
    lead(n) over (order by n) as b,
    first_value(t ignore nulls) over (
        order by n desc rows between unbounded preceding and unbounded following
    ) as c,
    first_value(x) over (
        order by n rows between unbounded preceding and current row
    ) as d,
    min(x) over (order by n rows between unbounded preceding and 1 preceding) as e,
    min(x) over (order by n rows between current row and unbounded following) as f,
    cast(sum(n) over (order by n range between 3 preceding and current row) as bigint) as g,
    cast(sum(n) over (order by n range between 7 preceding and 4 preceding) as bigint) as h
from r

-- aggregates
select
    k, count(*) as a, count(t) as b, count(distinct t) as c, cast(sum(n) as bigint) as d,
    min(t) as e, max(d) as f, max(moment) as g, sum(x) as h
from r
group by k
having count(*) > 0

-- aggregates of nothing
select count(*) as a, cast(sum(n) as bigint) as b, max(t) as c, sum(x) as d from r where n > 9

-- distinct and unions
select distinct k from r
union
select n as k from r
union all
select n as k from r

-- true, false and unknown
select
    n, yes and x > 0 as a, yes or x > 0 as b, not yes as c, t is null as d, t is not null as e,
    x <> 1 as f, t in ('a', 'b') as g, x >= 2.5e0 as h, x < 0 as i,
    yes and (x < 0 or t is null) as j, true as l
from r

-- choices
select
    case when x > 0 then 'p' when x <= 0 then 'n' end as a,
    coalesce(t, 'none') as b,
    nullif(t, 'a') as c, false as e,
    case when yes then n else 0 end as d
from r

-- numbers
select
    n + 1 as a, n - 3 as b, -n as c, n * 2 as d,
    x / 3 as e, cast(n as double) / 4 as f, 1 / nullif(x + 2.5e0, 0) as g,
    cast(floor(x) as bigint) as h, round(x, 0) as i, cast(round(x) as bigint) as j,
    round(x / 3, 6) as l
from r

-- texts
select
    concat('<', t, '>') as a, lower(trim(t)) as b, replace(t, 'Ü', 'u') as c,
    translate(t, 'abc- ’', 'ABC') as d, position(', ' in t) as e, position('' in t) as f,
    cast(n as varchar) as g, cast(d as varchar) as h, replace(t, '’', '''') as i, 'a\b' as j,
    cast(yes as varchar) as l, trim(t, 'a x') as m
from r

-- texts are sorted by their bytes, and a space at the end counts
select t, count(*) as n
from (
    select 'a' as t union all select 'B' as t union all select 'ä' as t union all
    select 'a ' as t union all select '𝄞' as t union all select 'ﾮ' as t
) s
group by t
order by t

-- dates
select
    date_diff('day', date '1970-01-01', d) as a,
    date '1970-01-01' + cast(n * 7 as integer) as b,
    cast(moment as date) as c, cast(moment as date) + 1 as e, cast(null as timestamp) as f,
    date_diff(
        'second', date_trunc('second', moment), date_trunc('second', timestamp '2024-03-31 02:30:00')
    ) as g
from r

-- joins
with pairs as (
    select r.n, o.t, o.x
    from r
    left join r o on o.n = r.n + 1
)

select p.n, p.t, o.t as other
from pairs p
inner join r o on o.t = p.t or p.t is null
