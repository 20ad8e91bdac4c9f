"""Spark: pieces of a batch built, and marts made, in a cluster or on this machine.

    engine     the port `Engine` over Spark: one task a piece, nothing shuffled
    executor   what runs in an executor: `build_piece`, Arrow in and out
    marts      all marts as Spark SQL; the settings with which it means what DuckDB means
    tables     Parquet in the lake, read and written by executors
    gate       the checks, without which no marts are published
    jobs       partitions, Ctrl-C, errors for people
    session    the session that is there, or a new one that leaves the terminal alone
    java       whether the machine has the Java that Spark needs

Only `chartlake.wiring` comes in here, and only where Spark is asked for.
"""
