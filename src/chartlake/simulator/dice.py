"""Numbers that depend on nothing but a seed and the words they are asked for.

Not ``random``: a generator's next number depends on the calls before it, and its ``choice`` and
``shuffle`` may change between Python versions. Not ``hash``: it differs from process to process.
"""

from collections.abc import Sequence
from hashlib import blake2b
from statistics import NormalDist
from typing import TypeVar

T = TypeVar("T")

_BASE62 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_STANDARD_NORMAL = NormalDist()


class Dice:
    """Throws that can be repeated: the same seed and words give the same number, always."""

    def __init__(self, seed: int) -> None:
        """Throws for one seed; any whole number will do."""
        self._key = blake2b(str(seed).encode(), digest_size=32).digest()

    def digest(self, *words: object, size: int = 16) -> bytes:
        """``size`` bytes for these words."""
        text = "\x1f".join(map(str, words)).encode()
        return blake2b(text, key=self._key, digest_size=size).digest()

    def unit(self, *words: object) -> float:
        """A number from 0 up to, not including, 1."""
        # 53 bits: more would round up to 1.0 now and then
        return (int.from_bytes(self.digest(*words, size=8)) >> 11) / 2**53

    def between(self, low: float, high: float, *words: object) -> float:
        """A number from ``low`` up to ``high``."""
        return low + (high - low) * self.unit(*words)

    def whole(self, low: int, high: int, *words: object) -> int:
        """A whole number from ``low`` to ``high``, both included."""
        return low + int((high - low + 1) * self.unit(*words))

    def normal(self, *words: object) -> float:
        """A number of the standard normal distribution, never further out than 3.5."""
        return max(-3.5, min(3.5, _STANDARD_NORMAL.inv_cdf(max(self.unit(*words), 1e-9))))

    def chance(self, probability: float, *words: object) -> bool:
        """True with this probability."""
        return self.unit(*words) < probability

    def pick(self, options: Sequence[T], *words: object) -> T:
        """One of the options."""
        return options[int(len(options) * self.unit(*words))]

    def shuffled(self, options: Sequence[T], *words: object) -> list[T]:
        """The options in an order of their own."""
        keys = [self.digest(index, *words) for index in range(len(options))]
        return [options[i] for i in sorted(range(len(options)), key=keys.__getitem__)]

    def base62(self, *words: object) -> str:
        """22 characters in the form of a Spotify id."""
        # Spotify's ids are numbers of 128 bits, padded: none begins with a digit above 7
        number = int.from_bytes(self.digest(*words, size=16))
        letters = []
        for _ in range(22):
            number, digit = divmod(number, 62)
            letters.append(_BASE62[digit])
        return "".join(reversed(letters))
