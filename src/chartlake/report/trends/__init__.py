"""What changed in an edition. Every answer says which edition it is about, and its numbers are
those of the marts.

moves     climbs and falls, new entries, exits, streaks, artists, the whole chart, the roster
items     one item's history and profile, one artist's
compare   two editions, however far apart
markets   an item, or an edition, in one market and the others
records   the ten best of each record
"""

from chartlake.report.editions import EditionFacts, edition, feed_names
from chartlake.report.trends.compare import Comparison, compare
from chartlake.report.trends.items import ArtistFacts, ItemFacts, artist, track
from chartlake.report.trends.markets import MarketHistory, Markets, market_history, markets
from chartlake.report.trends.moves import (
    RosterFacts,
    Trend,
    artists,
    chart,
    exits,
    headline,
    movers,
    new,
    roster,
    streaks,
)
from chartlake.report.trends.records import RECORDS, records

__all__ = [
    "RECORDS",
    "ArtistFacts",
    "Comparison",
    "EditionFacts",
    "ItemFacts",
    "MarketHistory",
    "Markets",
    "RosterFacts",
    "Trend",
    "artist",
    "artists",
    "chart",
    "compare",
    "edition",
    "exits",
    "feed_names",
    "headline",
    "market_history",
    "markets",
    "movers",
    "new",
    "records",
    "roster",
    "streaks",
    "track",
]
