"""The lake: where the stages meet, and the only place where they do.

    keys       where everything lies
    store      one object store for disk, memory and S3; create-only writes are the commits
    raw        pages as received, and the manifests that commit them
    builds     curated files, the builds that commit them, and which attempt of a slot is live
    state      the few things that change: quotas, what a feed remembers
    tombstones feeds that are closed because their source is gone, slots that were removed
    verify     whether everything is what its commit says
    retention  raw answers that are given up for their age
    garbage    what nothing refers to, as `references` tells
    purge      slots removed from every zone, as tombstones say (`shrink`: builds without them)
    forget     what is there of an account; `search` finds what is left
    marts      the marts as Parquet, run by run (`marts_slots`: of which slots they are made)
    aside      what could not be used: quarantined files and failures, with their reasons

Write immutable attempt objects; commit by creating one small object that must
not already exist; let every reader follow the commits.
"""
