"""Spark: pieces of a batch built in the executors of a cluster, or of this machine.

    engine     the port `Engine` over Spark: one task a piece, nothing shuffled
    executor   what runs in an executor: `build_piece`, Arrow in and out
    session    the session that is there, or a new one that leaves the terminal alone
    java       whether the machine has the Java that Spark needs

Only `chartlake.wiring` comes in here, and only where Spark is asked for.
"""
