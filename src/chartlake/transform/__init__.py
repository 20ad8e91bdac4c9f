"""Raw → curated: parse pages into typed rows, and commit them as builds.

    parse_charts_csv        a Spotify Charts file, all formats (columns: their names)
    parse_playlist          a playlist object and its pages, both shapes
    parse_account_lists     saved tracks, and what an account listened to most
    parse_recently_played   plays
    parse_catalog           artists, albums and tracks by themselves
    payloads                Spotify's JSON, as far as it is used
    entries                 what a record tells of its place in a list
    observations            what it tells of tracks, albums and artists
    records                 what the parsers share: editions, readings, rejects
    pages                   from pages to records, and what is remembered of them
    known                   records found again by their bytes, not decoded again
    catalog                 what distinct records tell, each kept once
    tables                  from the records of many slots to columns
    observed                things told of several times in a slot, each once
    parts                   rows of a table, taken by number
    drift                   fields that a source began or stopped to send
    claims                  whether a manifest can be true
    fetch                   manifests and raw objects, ahead of the parser on a bucket
    piece                   some slots of a batch: read, parsed, written
    engine                  where pieces are built: this process, or several
    pool                    those several: how they start, and end
    build                   which slots need a build, and committing one
    compact                 many small builds of a month into one
    slices                  where a record lies in its page
    wanted                  what is charted but was never observed
    owners                  whose playlist a feed follows

The parse functions are pure but for what they remember: a manifest and its pages
in, rows and references to records out. Every record of a list ends as one entry
or one reject with its reason.
"""
