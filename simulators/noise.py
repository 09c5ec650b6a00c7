"""Randomness as a pure function of (key, k): the same reading comes out whatever was asked before it.

One generator object per point would cost more than the readings themselves at 100,000 points, and would tie a value to
the order of the calls. So draws are counter-based: the k-th draw of a key is the k-th output of SplitMix64 seeded with
that key (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014), for whole columns at once.
A key belongs to one name (a point, a vessel, an incident), so adding a point changes no other point.
"""

from hashlib import blake2b
from typing import Final

import numpy as np
from numpy.typing import NDArray

_GAMMA: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX_1: Final = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2: Final = np.uint64(0x94D049BB133111EB)

BELL_BOUND: Final = 2.0 * 3.0**0.5
"""No draw of `bell` lies further from 0 than this."""


def key_of(seed: int, name: str) -> int:
    """The 64-bit key of a name under a seed."""
    return int.from_bytes(blake2b(f"{seed}\x1f{name}".encode(), digest_size=8).digest(), "little")


def keys_of(seed: int, names: list[str]) -> NDArray[np.uint64]:
    """The keys of names, as a column."""
    keys = {name: key_of(seed, name) for name in dict.fromkeys(names)}
    return np.fromiter(map(keys.__getitem__, names), dtype=np.uint64, count=len(names))


def _draw(key: NDArray[np.uint64], k: NDArray[np.int64] | int) -> NDArray[np.uint64]:
    """The k-th 64 bits of each key (SplitMix64); k >= 0."""
    x = key + _GAMMA * (np.atleast_1d(np.asarray(k, dtype=np.uint64)) + np.uint64(1))
    x = (x ^ (x >> np.uint64(30))) * _MIX_1
    x = (x ^ (x >> np.uint64(27))) * _MIX_2
    return np.asarray(x ^ (x >> np.uint64(31)), dtype=np.uint64)


def uniform(key: NDArray[np.uint64], k: NDArray[np.int64] | int) -> NDArray[np.float64]:
    """Draws from [0, 1)."""
    return np.multiply((_draw(key, k) >> np.uint64(11)).astype(np.float64), 2.0**-53)


def bell(key: NDArray[np.uint64], k: NDArray[np.int64] | int) -> NDArray[np.float64]:
    """Bell-shaped draws of mean 0 and standard deviation 1, never beyond BELL_BOUND.

    The sum of four uniform draws (Irwin-Hall distribution): near enough to normal for sensor noise, and bounded, so
    that a quiet day is quiet by construction. The four are the 16-bit lanes of one 64-bit draw.
    """
    lanes = np.ascontiguousarray(_draw(key, k)).view(np.uint16).reshape(-1, 4)
    total = lanes.sum(axis=1, dtype=np.int64).astype(np.float64)
    return np.asarray(((total + 2.0) / 65536.0 - 2.0) * 3.0**0.5, dtype=np.float64)
