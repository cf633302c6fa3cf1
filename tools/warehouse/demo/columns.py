"""Numpy arrays to Arrow columns of the canonical types: exact decimals, local dates and times, nulls by mask."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tools.warehouse.demo.streams import Floats, Ints

__all__ = ["dates", "flags", "hexes", "ints", "money", "numbers", "rate", "times", "words"]

Mask = NDArray[np.bool_] | None


def money(cents: Ints, empty: Mask = None) -> Any:
    """DECIMAL(18,2) from whole cents; null where `empty`."""
    return _decimal(cents, 2, empty)


def rate(values: Floats, empty: Mask = None) -> Any:
    """DECIMAL(18,6) from a float, rounded."""
    return _decimal(np.rint(values * 1_000_000).astype(np.int64), 6, empty)


def _decimal(scaled: Ints, places: int, empty: Mask) -> Any:
    # a decimal128 is a little-endian 128-bit integer: the value and its sign extension
    words_ = np.empty((scaled.size, 2), dtype=np.int64)
    words_[:, 0] = scaled
    words_[:, 1] = scaled >> 63
    valid = None if empty is None else pa.py_buffer(np.packbits(~empty, bitorder="little"))
    return pa.Array.from_buffers(pa.decimal128(18, places), scaled.size, [valid, pa.py_buffer(words_)])


def ints(values: Ints, empty: Mask = None) -> Any:
    return pa.array(np.asarray(values, dtype=np.int64), mask=empty)


def flags(values: NDArray[np.bool_]) -> Any:
    return pa.array(values)


def dates(day: Ints, start: date, empty: Mask = None) -> Any:
    """DATE from day indices counted from `start`."""
    return pa.array(np.datetime64(start, "D") + np.asarray(day, dtype=np.int64), mask=empty)


def times(second: Ints, start: date, empty: Mask = None) -> Any:
    """TIMESTAMP (merchant's local time) from seconds counted from midnight of `start`."""
    return pa.array((np.datetime64(start, "s") + second).astype("datetime64[us]"), mask=empty)


def words(code: Ints, names: Sequence[str]) -> Any:
    """Text by position in `names`; null for a negative code."""
    lookup = pa.array([*names, None], type=pa.string())
    return lookup.take(pa.array(np.where(code < 0, len(names), code)))


def numbers(values: Ints, prefix: str = "", empty: Mask = None) -> Any:
    """Whole numbers as text, with a prefix."""
    text = pc.cast(pa.array(np.asarray(values, dtype=np.int64), mask=empty), pa.string())
    return pc.binary_join_element_wise(pa.scalar(prefix), text, "") if prefix else text


def hexes(values: NDArray[np.uint64], empty: Mask = None) -> Any:
    """64-bit keys as sixteen hexadecimal digits."""
    text = values.astype(">u8").tobytes().hex()
    return pa.array([text[i : i + 16] for i in range(0, len(text), 16)], type=pa.string(), mask=empty)
