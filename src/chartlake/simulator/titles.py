"""Invented song and album titles, in the languages of the artists."""

from collections.abc import Iterator, Sequence
from itertools import chain, product

from chartlake.simulator.dice import Dice

# the songs of the last date's story: no other song may bear their names
STORY_TITLES = ("Silver Signal", "Electric Echo", "Velvet Lantern", "Paper Comet")

# quotes, apostrophes, emoji, brackets, a slash, a comma: what titles do to careless parsers
_TRICKY: tuple[str, ...] = (
    'Call Me "Honey"',
    "Don't Wake the Tide",
    "Sunroof 🌞",
    "Rain / Repeat",
    "Me, Myself & the Moon",
    "Who's Driving?",
    "3:47 A.M.",
    "(Almost) Nothing Left",
    "🩵",
    "Señorita Static",
    'The "Good" Years',
    "Y'all Come Home",
    "100%",
    "Café au Lait",
    "LOUDER!!!",
    "it's fine, i'm fine",
    "Interlude #4",
    "Naïve",
    "Ctrl + You",
    "O.K. Corral 🔥🔥",
)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ENGLISH = (
    _words(
        "Silver Electric Velvet Summer Burning Hidden Neon Lonely Distant Slow Crystal Wild"
        " Midnight Golden Paper Broken Hollow Scarlet Borrowed Quiet Northern Restless Sleepless"
        " Plastic Second-Hand Faded Heavy Sudden Gentle Reckless Painted Weightless"
    ),
    _words(
        "Signal Echo Shadow Tide Static Motion Roses Highway Skyline Garden Hearts Letters"
        " Harbour Machine Season Balcony Thunder Mirror Carousel Avenue Fever Compass Horizon"
        " Kingdom Lullaby Satellite Postcard Engine Orchard Weather Window Alibi"
    ),
    " ",
)
_PORTUGUESE = (
    ("Noite", "Saudade", "Janela", "Madrugada", "Varanda", "Chuva", "Cidade", "Estrela", "Rua"),
    ("de Março", "Sem Pressa", "no Cais", "de Papel", "à Meia-Luz", "do Avesso", "que Não Dorme"),
    " ",
)
_SPANISH = (
    ("Luna", "Noche", "Calle", "Sal", "Lluvia", "Ciudad", "Ola", "Sombra", "Tormenta", "Mañana"),
    ("de Abril", "sin Nombre", "de Cristal", "a Medianoche", "del Norte", "que Arde", "en Pausa"),
    " ",
)
_GERMAN = (
    ("Leise", "Silberne", "Späte", "Verlorene", "Grüne", "Müde", "Halbe", "Schöne", "Letzte"),
    ("Straße", "Stunde", "Antenne", "Brücke", "Wolke", "Stadt", "Laterne", "Küste", "Träume"),
    " ",
)
_JAPANESE = (
    ("硝子", "夜明け", "群青", "銀色", "真夏", "放課後", "雨上がり", "名前のない街", "終電"),
    ("灯台", "手紙", "約束", "信号", "交差点", "メロディー", "水たまり", "観覧車"),
    "の",
)
_HINDI = (
    ("Shaam", "Baarish", "Chaandni", "Raat", "Khidki", "Hawa", "Galiyon", "Yaadon", "Patang"),
    ("Ki Chitthi", "Ki Aahat", "Ki Dhun", "Ka Kinara", "Ka Rasta", "Ke Us Paar", "Ki Talaash"),
    " ",
)
_BY_HOME = {
    "BR": _PORTUGUESE,
    "CO": _SPANISH,
    "MX": _SPANISH,
    "DE": _GERMAN,
    "JP": _JAPANESE,
    "IN": _HINDI,
}

_ALBUMS = (
    (
        "Letters from",
        "The Weather in",
        "A Map of",
        "Leaving",
        "Nobody Sleeps in",
        "Songs for",
        "Everything I Owe",
        "The Last Train to",
        "Small Hours in",
    ),
    (
        "Avalon Street",
        "the Interior",
        "Maribel",
        "Nowhere",
        "Room 214",
        "the Coast",
        "Saturn",
        "Hotel Paradise",
        "the Quiet Ones",
        "Winter",
        "Our Twenties",
        "the Radio",
    ),
    " ",
)

_Words = tuple[Sequence[str], Sequence[str], str]


class Titles:
    """Hands out each title once; the order is the seed's."""

    def __init__(self, dice: Dice) -> None:
        """Start with every title still to be had."""
        self._dice = dice
        self._pools: dict[str, Iterator[str]] = {}
        self._tricky = iter(dice.shuffled(_TRICKY, "tricky titles"))

    def song(self, home: str, *words: object) -> str:
        """A title for a song by an artist of this country."""
        local = home in _BY_HOME and self._dice.chance(0.65, "local title", *words)
        if local:
            return self._next(home, _BY_HOME[home])
        if self._dice.chance(0.07, "tricky title", *words):
            return next(self._tricky, None) or self._next("english", _ENGLISH)
        return self._next("english", _ENGLISH)

    def album(self) -> str:
        """A title for an album."""
        return self._next("albums", _ALBUMS)

    def _next(self, pool: str, words: _Words) -> str:
        # Colombia and Mexico share a language and must not share a title
        pool = "spanish" if words is _SPANISH else pool
        if pool not in self._pools:
            self._pools[pool] = self._titles(pool, words)
        return next(self._pools[pool])

    def _titles(self, pool: str, words: _Words) -> Iterator[str]:
        firsts, seconds, joint = words
        once = [f"{a}{joint}{b}" for a, b in product(firsts, seconds)]
        once = [title for title in once if title not in STORY_TITLES]
        # a very long history outlives any word list: the sequels keep titles apart
        sequels = (f"{t}, Pt. {n}" for n in range(2, 1000) for t in once)
        return chain(self._dice.shuffled(once, "titles", pool), sequels)
