"""chartlake keeps the history of music charts and playlists in a lake that its user owns.

Read `chartlake.pipeline` first: the stages in order. The folders are the data
flow, and stages meet only in the lake:

    extract     sources → raw: read what a source gives, keep it as it came
    lake        where stages meet: keys, store, manifests, builds
    transform   raw → curated: pure parsing into typed tables
    warehouse   curated → tables, views, marts and checks
    report      marts → people
    simulator   a Spotify Web API on a socket, for the demo and the tests

    model, schema, errors, schedule   the vocabulary that all of them speak
    settings, wiring, cli, demo       from a project's folder to a running command
"""
