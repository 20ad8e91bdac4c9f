"""Curated → tables, views, marts and checks.

    port         what a warehouse must do, for every engine
    duckdb       the embedded warehouse: one file
    duckdb_load  what one load does inside its transaction
    choices      what the configuration says of charts, as tables
    calendar     which editions were due, as a table
    given        both, and the load history, for an engine without a warehouse
    export       the published marts as Parquet in the lake
    refusal      what is remembered of lists whose marts the checks refused
    refresh      making the marts: all of them, or what was touched
    scopes       from which edition on the lists of a feed are made again
    layout       keeping tables in order
    lineage      from which columns a mart's column is made
    dialects     the same SQL for Spark, Snowflake and Athena
    gate         checks, without which nothing is published
    drafts       the next file: written aside, checked, published
    publish      the next file takes the place of the last one
    migrations   from the layout of an older file to this one
    opening      opening the file
    asking       a statement that somebody asks
    sql          the SQL files of this folder: views/, marts/, state/ and checks/

A load replaces whole slots in one transaction, together with its record in
`load_history`: running twice equals once.
"""
