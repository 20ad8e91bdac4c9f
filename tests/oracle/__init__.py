"""An oracle of the marts: the definitions again, in plain Python, slow and obvious.

The marts are SQL, written by somebody else from the same definitions (docs/definitions.md, the
data dictionary).  Tests compare the two row by row, so nothing here may import `chartlake` or be
derived from its SQL.

* `facts.py`       what a world is: lists, observations and choices, as values
* `items.py`       what counts in it: ranked editions, items, credits, exclusions, recordings
* `histories.py`   what an item's positions over the editions of a list tell
* `movements.py`   editions, movements, exits, returns, turnover
* `artists.py`, `profiles.py`, `bests.py`, `attributes.py`, `reported.py`, `health.py`, `roster.py`
  the other marts; `marts.py` has them all by name, `columns.py` their columns
* `charts.py`      reads Spotify Charts CSV files into editions
* `worlds.py`      a hypothesis strategy for small, nasty lists with names of any characters
* `whole_worlds.py`, `catalogue.py`  one for worlds that have everything
"""
