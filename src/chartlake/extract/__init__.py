"""Sources → raw: read what a source gives, check that it is whole, keep it as it came.

    files        files that a person brings: taken in, there already, or refused
    charts_csv   one Spotify Charts file: which chart and date it is
    due          what a reader is given: a slot that is due, and what is known from before
    holding      a reading that was broken off, held in the lake and picked up again
    spotify/     the Web API: sign-in, client, and one file per source of it

A source makes a `Snapshot`; committing it is the lake's work.
"""
