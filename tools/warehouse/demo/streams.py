"""Random numbers that stay put: a named generator per component, and a uniform per (name, individual).

A cause that removes visits must not reshuffle anyone else, so whatever happens to an individual is drawn from the
individual's own key, not from a position in a shared stream.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Floats", "Ints", "Keys", "Randomness", "mix"]

Keys = NDArray[np.uint64]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX2 = np.uint64(0x94D049BB133111EB)


def _scramble(keys: Keys) -> Keys:
    """SplitMix64's finaliser (Steele, Lea & Flood 2014): neighbouring keys give unrelated values."""
    z = keys + _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * _MIX1
    z = (z ^ (z >> np.uint64(27))) * _MIX2
    return z ^ (z >> np.uint64(31))


def mix(keys: Keys, other: Any) -> Keys:
    """A new key from a key and a number (or an array of numbers), for the things an individual owns."""
    return _scramble(keys ^ _scramble(np.atleast_1d(np.asarray(other, dtype=np.uint64))))


class Randomness:
    """All randomness of one simulation, by component name."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def _salt(self, name: str) -> int:
        return int.from_bytes(hashlib.sha256(f"{self._seed}:{name}".encode()).digest()[:8], "little")

    def generator(self, name: str) -> np.random.Generator:
        """An independent stream for one component."""
        return np.random.default_rng(self._salt(name))

    def unit(self, name: str, keys: Keys) -> Floats:
        """One uniform in (0, 1) per key; the same name and key always give the same number."""
        salted = _scramble(keys ^ np.array([self._salt(name)], dtype=np.uint64))
        return ((salted >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53

    def key(self, name: str) -> int:
        """A namespace for keys, so that individuals of two components never share one."""
        return self._salt(name)
