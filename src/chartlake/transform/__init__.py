"""Raw → curated: parse pages into typed rows, and commit them as builds.

    parse_charts_csv        a Spotify Charts file, all formats
    parse_playlist          a playlist object and its pages, both shapes
    parse_account_lists     saved tracks, and what an account listened to most
    parse_recently_played   plays
    parse_catalog           artists, albums and tracks by themselves
    payloads                Spotify's JSON, as far as it is used
    pages                   from pages to records, and to the rows of all of them
    entries                 what stands at one place of a list
    observations            what a payload tells of tracks, albums and artists
    records                 what the parsers share: editions, readings, rejects
    claims                  whether a manifest can be true
    engine                  where the parsing runs (here: this process)
    build                   which slots need a build, and building them
    wanted                  what is charted but was never observed

The parse functions are pure: a manifest and its pages in, rows out. Every
record of a list ends as one entry or one reject with its reason.
"""
