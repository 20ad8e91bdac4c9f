"""The page docs/sql.md: the subset and its bans, the dialects, and the picture of the marts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlglot import exp

from chartlake.schema import TABLES
from chartlake.warehouse.lineage import Relation, relations
from sql_ban import RUN
from sql_bans import BANS
from sql_subset import ALLOWED

__all__ = ["CHECKED", "PARTS", "REWRITTEN", "bans", "graph", "operators"]

_SHAPES = {"view": ("([", "])"), "mart": ("[", "]"), "state": ("{{", "}}")}
_EVERYWHERE = ("scope",)
"""Which feeds and editions are computed: so many read it that the picture leaves it out."""

PARTS = {
    "about": """\
Every view, mart and check is one SELECT in a file of `src/chartlake/warehouse`. DuckDB runs these
files as they are. For Spark, Snowflake and Athena they are translated when chartlake is made, not
when it runs: `make dialects` writes `src/chartlake/warehouse/dialects`, and a test fails while what
is committed is not what the files say. So there is one definition of each number, and no dependency
on a translator.

chartlake itself runs them on DuckDB, on Spark (`chartlake marts --engine spark`) and, [in an AWS
account](aws.md), on Athena. For Snowflake the texts are ready and tried as told below; what sets
them up there is not part of chartlake yet. `src/chartlake/spark/marts.py` shows in what order they
run and what they need: the curated tables, what `warehouse/given.py` makes (the calendar, the lists
of the configuration, and `scope` with every feed from its first edition on), and each file under
its own name.""",
    "how": """\
[sqlglot](https://github.com/tobymao/sqlglot) translates syntax. It does not know that the same
words mean something else elsewhere, so three things are done about that:

1. The files keep to **a subset** of SQL. A linter reads the syntax tree, with the type of every
   column, and refuses what is not known to be the same (`scripts/sql_subset.py`, in `make test`).
2. What all four can say, but say otherwise, is **rewritten** (`scripts/dialects.py`).
3. The texts are **run and compared**, as far as that can be done without an account.""",
    "rewritten": """\
Nulls come last wherever rows are sorted, also in windows: where an engine would put them first, the
text says `NULLS LAST`. Beyond what sqlglot does:""",
    "allowed": """\
Joins are inner or left, with `on`. Types are varchar, bigint, integer, double, date, timestamp (UTC
without a zone) and boolean. Each function and operator below is run on DuckDB and Spark with nulls,
negative numbers, dates before 1970 and texts of other alphabets, and gives the same rows, types and
order (`tests/spark/probes.sql`):""",
    "banned": """\
Each with its reason. "Run": `tests/spark/test_banned_constructs.py` runs it on DuckDB and, as
sqlglot translates it, on Spark, and sees that what is named there is another, or that Spark fails
with the error condition that is named. The others differ on engines that cannot be run here, so
their evidence is what those engines' documentation says. What stands in neither list is refused as
well, until somebody shows that it is the same.""",
    "tolerance": """\
Ratios are sums of doubles, which an engine may add in another order: they are compared to a
relative 1e-6, all else exactly. Athena keeps timestamps of Parquet tables to the millisecond, and
these tables have microseconds.""",
    "lineage": """\
`chartlake lineage chart_movements.streak` tells from which columns of which tables a column is
made, and through which files; `chartlake lineage chart_movements` the same of all its columns. It
needs no warehouse: what it tells was read from the syntax trees by `make dialects`. A column is
made from what its expression reads, through all CTEs, and from what a window in it sorts and parts
by. What only a join or a `where` reads does not count, nor what only says which rows a load makes
again. Where rows are counted, it says whose. `r.` and such in an expression are names that the file
gives to its parts.""",
    "picture": """\
Drums: curated tables. Flags: what the load writes beside them, such as the calendar and the lists
of the configuration. Rounded: views. Squares: marts. An arrow goes from what is read to what reads
it; where a longer way leads there too, the short one is left out, and so is `scope` (which feeds
and editions are computed), which nearly all marts read.""",
}
CHECKED = (
    (
        "DuckDB",
        "runs the files themselves; compared with an oracle in Python, row for row",
        "",
    ),
    (
        "Spark",
        "PySpark runs what is banned and what is allowed, and the marts over the same lakes: rows "
        "and types of DuckDB",
        "a cluster, its memory, other versions",
    ),
    (
        "Snowflake",
        "fakesnow runs the texts over generated worlds: rows and types of DuckDB",
        "fakesnow *is* DuckDB, behind a translation of Snowflake's SQL. **Not verified against "
        "Snowflake**",
    ),
    (
        "Athena",
        "parsed as Athena's SQL; translated back and run on DuckDB over generated worlds, and by a "
        "stand-in for Athena over Parquet that publishing wrote: its rows "
        "and types; known traps are looked for on the syntax tree",
        "that Athena accepts the texts, or means what sqlglot takes it to mean. **Not verified "
        "against Athena**",
    ),
)
REWRITTEN = (
    ("`trim(x)`", "takes away Unicode's spaces, as in DuckDB: they are listed"),
    ("`lower(x)`", "after Σ and İ were replaced, of which Java makes what depends on the place"),
    ("`concat`", "a null counts as an empty text"),
    ("`row_number()`, `rank()`, `position`", "are 64 bits wide on Spark too"),
    ("`cast(d as date) + n`", "`date_add`"),
    ("`a / b`", "as it is: one side is a double already"),
)


_SYMBOLS = (
    "`and`, `or`, `not`, `is null`, `in`, `=`, `<>`, `<`, `<=`, `>`, `>=`, `+`, `-`, `*`, `/`, "
    "`case`, windows with `rows` or `range`, `ignore nulls`, `count(distinct x)`, `union`, and"
)
_WORDS = {
    exp.StrPosition: "position",
    exp.TimestampTrunc: "date_trunc",
    exp.DateDiff: "date_diff",
}
_SAID_ALREADY = (exp.And, exp.Or, exp.Case, exp.If)


def operators() -> str:
    """The functions and operators that are allowed."""
    functions = (kind for kind in ALLOWED if issubclass(kind, exp.Func))
    words = sorted(
        _WORDS.get(kind) or kind.sql_name().lower()
        for kind in functions
        if kind not in _SAID_ALREADY
    )
    return f"{_SYMBOLS} {', '.join(f'`{word}`' for word in words)}."


def bans() -> Iterable[tuple[str, str, str, str]]:
    """What is banned: construct, why, what to write, and the evidence."""
    for ban in BANS:
        evidence = f"run: {ban.differs}" if ban.evidence == RUN else ban.evidence
        yield ban.construct, ban.why, ban.instead, evidence


def graph() -> str:
    """The tables, views and marts as a Mermaid flow chart."""
    known = relations()
    reads = {name: set(about.reads) - {*_EVERYWHERE} for name, about in known.items()}
    used = sorted({one for names in reads.values() for one in names} - known.keys())
    lines = ["flowchart LR"]
    lines += [f"  {one}[({one})]" if one in TABLES else f"  {one}>{one}]" for one in used]
    lines += [f"  {_node(name, about)}" for name, about in known.items()]
    lines += [f"  {source} --> {name}" for name in known for source in sorted(_needed(name, reads))]
    return "```mermaid\n" + "\n".join(lines) + "\n```"


def _node(name: str, about: Relation) -> str:
    left, right = _SHAPES[about.kind]
    return f"{name}{left}{name}{right}"


def _needed(name: str, reads: Mapping[str, set[str]]) -> set[str]:
    """What it reads, but for what one of these reads already, however far back."""
    direct = reads[name]
    return direct - {far for one in direct for far in _behind(one, reads)}


def _behind(name: str, reads: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    coming = [name]
    while coming:
        fresh = reads.get(coming.pop(), set()) - found
        found |= fresh
        coming += fresh
    return found - {name}
