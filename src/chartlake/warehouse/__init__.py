"""Curated → tables, views, marts and checks.

    port         what a warehouse must do, for every engine
    duckdb       the embedded warehouse: one file
    duckdb_load  what one load does inside its transaction
    sql          the SQL files of this folder: views/, marts/ and checks/

A load replaces whole slots in one transaction, together with its record in
`load_history`: running twice equals once.
"""
