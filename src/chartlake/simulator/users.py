"""The listeners of the world."""

from dataclasses import dataclass

from chartlake.simulator.names import OWNER_ID, OWNER_NAME


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with an account, who mostly hears what ``market`` hears."""

    user_id: str
    display_name: str
    country: str
    market: str
    appetite: float  # the chance that a morning, an afternoon or an evening has music


# ids are free text: a chosen name, what Spotify makes up, and what people chose in its first years
USERS: tuple[User, ...] = (
    User(OWNER_ID, OWNER_NAME, "US", "United States", 0.55),
    User("31w7q2ze5xkm4vbtn6hyr3juc8pa", "Tomoko", "JP", "Japan", 0.4),
    User("señor ruído+50%/ç&co?v=1#née@já", "Señor Ruído ☂", "MX", "Mexico", 0.7),
)
