"""Sources → raw: read what a source gives, check that it is whole, keep it as it came.

    charts_csv   Spotify Charts files that a person downloaded
    spotify/     the Web API: sign-in, client, and one file per source of it

A source makes a `Snapshot`; committing it is the lake's work.
"""
