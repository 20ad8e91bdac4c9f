"""The Spotify Web API: sign-in (`auth`), client (`client`), and one file per source.

playlist   the items of one playlist, as a ranked list
"""
