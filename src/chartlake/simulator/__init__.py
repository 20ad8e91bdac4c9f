"""A Spotify Web API on a loopback socket, over an invented world that never changes its mind.

::

    world = World(seed=1)
    with Simulator(world, clock=lambda: datetime(2026, 11, 20, 4, tzinfo=UTC)) as spotify:
        httpx2.get(spotify.api_url + "/playlists/" + world.playlists[0].playlist_id, ...)

The map, from the world to the wire:

- ``dice``: repeatable chance; ``names``, ``titles``: the invented words
- ``records``: what artists, albums and tracks are; ``catalogue``: which ones there are
- ``songs``: how much each is played; ``story``: what happens on the last date
- ``blemishes``: what is wrong with the lists; ``entries``: what stands in them
- ``users``: the listeners; ``listening``: what they play; ``library``: what they keep
- ``mixtapes``: playlists that people make, and tests edit
- ``world``: ``World``, the charts and playlists of a day (read this first)
- ``payloads``, ``profiles``, ``lists``: its JSON in the shapes of 2024, 2026 and in between
- ``app``: the app in the dashboard; ``authorize``: its login page; ``logins``: who agreed to what
- ``grants``: what it gets for that; ``access``: tokens and the rate limit
- ``faults``: what goes wrong, and when; ``answers``: what goes over the wire
- ``modes``: what an app in development mode may not do; ``etags``: what need not be sent again
- ``paging``, ``search``: which part of a list, and which of all; ``routes``: what a path is
- ``paths_music``, ``paths_playlists``, ``paths_me``: the paths; ``api``: which one is asked for
- ``listener``: the socket; ``server``: ``Simulator``, the whole
"""

from chartlake.simulator.authorize import Approve
from chartlake.simulator.blemishes import Blemishes, Spot
from chartlake.simulator.faults import Fault, read_faults
from chartlake.simulator.mixtapes import Mixtape
from chartlake.simulator.modes import Mode
from chartlake.simulator.payloads import Shape
from chartlake.simulator.server import Simulator
from chartlake.simulator.world import MARKETS, Playlist, World

__all__ = [
    "MARKETS",
    "Approve",
    "Blemishes",
    "Fault",
    "Mixtape",
    "Mode",
    "Playlist",
    "Shape",
    "Simulator",
    "Spot",
    "World",
    "read_faults",
]
