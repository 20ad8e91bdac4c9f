"""An oracle of chart movements: the definitions again, in plain Python, slow and obvious.

The marts are SQL, written by somebody else from the same definitions
(architecture.md, "Words", "Dates", "Marts"; the dashboard's "Definitions").  Tests compare the
two row by row, so nothing here may import `chartlake` or be derived from its SQL.

* `movements.py`  the records `OracleEntry` and `OracleEdition`, and the four marts over them
* `charts.py`     reads Spotify Charts CSV files into `OracleEdition`
* `worlds.py`     a hypothesis strategy that makes small, nasty lists of editions
"""
