"""Raw → curated: parse pages into typed rows, and commit them as builds.

    parse_charts_csv   a Spotify Charts file, all formats
    parse_playlist     a playlist object and its pages, both shapes
    payloads           Spotify's JSON, as far as it is used
    observations       what a payload tells of tracks, albums and artists
    records            what the parsers share: editions, rejects, what identifies an item
    engine             where the parsing runs (here: this process)
    build              which slots need a build, and building them

The parse functions are pure: a manifest and its pages in, rows out. Every
record in ends as one entry or one reject with its reason.
"""
