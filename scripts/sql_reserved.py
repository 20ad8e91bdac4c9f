"""The words that are no names in Snowflake or Athena, as their documentation lists them."""

from __future__ import annotations

__all__ = ["RESERVED"]

_TRINO = """
alter and as auto between by case cast constraint create cross cube current_catalog current_date
current_path current_role current_schema current_time current_timestamp current_user deallocate
delete describe distinct drop else end escape except exists extract false for from full group
grouping having in inner insert intersect into is join json_array json_exists json_object
json_query json_table json_value left like listagg localtime localtimestamp natural normalize not
null on or order outer prepare primary recursive right rollup select skip table then trim true
uescape union unnest using values when where with
"""
# What Athena's page has beside them: for a query, and for CREATE TABLE over these files.
_ATHENA = """
execute first last unescape

all array authorization bigint binary boolean both cashe char column commit conf current cursor
database date dayofweek decimal div double exchange extended external fetch float floor following
foreign function grant if import int integer interval lateral less local macro map more none numeric
of only out over partialscan partition percent preceding precision preserve procedure range reads
reduce references regexp revoke rlike rollback row rows set smallint start tablesample time
timestamp to transform trigger truncate unbounded uniquejoin update user utc_timestamp varchar views
window
"""
_SNOWFLAKE = """
account all alter and any as between by case cast check column connect connection constraint create
cross current current_date current_time current_timestamp current_user database delete distinct drop
else exists false following for from full grant group gscluster having ilike in increment inner
insert intersect into is issue join lateral left like localtime localtimestamp minus natural not
null of on or order organization qualify regexp revoke right rlike row rows sample schema select set
some start table tablesample then to trigger true try_cast union unique update using values view
when whenever where window with
"""
# Refused in SHOW … IN account alone, where no column stands; plays have a column of that name.
_COLUMNS = {"account"}

RESERVED = frozenset(f"{_TRINO} {_ATHENA} {_SNOWFLAKE}".split()) - _COLUMNS
