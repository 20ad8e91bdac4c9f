"""The Spotify Web API.

    auth/             signing in: who asks, and with which access token
    client            one question, asked patiently and answered whole; its facts are noted
    answers           whether an answer is whole, and what a refusal means
    governor, quota   when the next request may go out; what is known of the app's quota
    allowance         the requests that one feed may make in a day
    retry             how patient to be
    capabilities      what the app was seen to be allowed; probing asks, for the doctor
    expected          how many requests the next reading will take
    versioned         reading a list of many pages that may be edited meanwhile

and the sources, one file each: playlist, top_items, saved_tracks, recently_played,
artist_catalog, hydration; the last two read by id (catalogue).
"""
