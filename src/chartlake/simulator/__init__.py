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
- ``world``: ``World``, the charts and playlists of a day (read this first)
- ``payloads``, ``lists``: its JSON in the shapes of 2024, 2026 and in between
- ``access``: tokens and the rate limit; ``api``: the paths; ``answers``: what goes over the wire
- ``listener``: the socket; ``server``: ``Simulator``, the whole
"""

from chartlake.simulator.blemishes import Blemishes, Spot
from chartlake.simulator.payloads import Shape
from chartlake.simulator.server import Simulator
from chartlake.simulator.world import MARKETS, Playlist, World

__all__ = ["MARKETS", "Blemishes", "Playlist", "Shape", "Simulator", "Spot", "World"]
