"""From settings to parts that can be run: the one place where they are chosen.

    project    all of a project on this machine, for commands
    cloud      what runs in AWS: no DuckDB, the marts by Athena
    stages     the pipeline, whatever the warehouse
    spotify    the Spotify side: one governor, one memory, a reader for each feed
    engines    where the transform runs
    marts      what makes marts for the lake
    choices    what the warehouse counts, and what it may take
    sign_in    accounts, access tokens, connections

Nothing is imported here: a function in AWS must not wait for what only a laptop has.
"""
