"""Columns drawn at random: codes, keys, serial numbers and dates, a whole column at a time."""

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.samples.country.places import stream

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Draw = np.random.Generator


def stream_of(seed: int, *names: str) -> Draw:
    """Return the random stream that belongs to these names (extract, submitter, period, …).

    One month more or one submitter less leaves every other file as it was.
    """
    return stream(seed, int.from_bytes(hashlib.sha256("|".join(names).encode()).digest()[:8]))


def coded(codes: Sequence[str], positions: Integers) -> pl.Series:
    """Turn positions in a code list into a text column."""
    return pl.Series(codes, dtype=pl.String).gather(pl.Series(positions))


def pick(draw: Draw, shares: Mapping[str, float], rows: int) -> pl.Series:
    """Draw a code per row; shares are relative and need not add up to one."""
    bounds = np.cumsum(list(shares.values()))
    drawn = np.searchsorted(bounds, draw.random(rows) * bounds[-1], side="right")
    return coded(list(shares), drawn.astype(np.int64))


def pick_weighted(draw: Draw, codes: Sequence[str], weights: Floats) -> pl.Series:
    """Draw a code per row from the row's own weights (rows x codes, relative)."""
    bounds = np.cumsum(weights, axis=1)
    drawn = (draw.random((len(weights), 1)) * bounds[:, -1:] >= bounds).sum(axis=1)
    return coded(codes, drawn.astype(np.int64))


def kept(column: pl.Series, mask: Flags) -> pl.Series:
    """Leave the cells of a column where the mask holds and empty the others."""
    return column.set(pl.Series(~mask), None)


def flag(draw: Draw, share: float | Floats, rows: int) -> Flags:
    """Draw yes or no per row; the share of yes is one number or one per row."""
    return np.asarray(draw.random(rows) < share, dtype=np.bool_)


def serial(prefix: str, rows: int) -> pl.Series:
    """Number rows from 1: ``prefix`` and seven digits, which is no NHS number and no telephone."""
    number = pl.Series(np.arange(1, rows + 1)).cast(pl.String).str.zfill(7)
    return pl.Series([prefix], dtype=pl.String).new_from_index(0, rows) + number


def person_keys(seed: int, owner: str, rows: int) -> pl.Series:
    """Return 64 lower-case hex characters per person: what a keyed hash looks like.

    They are the output of a hash over the seed and the owner's name; no number of a person, real
    or invented, goes in.
    """
    text = hashlib.shake_256(f"{seed}|{owner}|person keys".encode()).hexdigest(32 * rows)
    return pl.Series(np.frombuffer(text.encode(), dtype="S64").astype("U64"), dtype=pl.String)


def dates(days: Integers, mask: Flags | None = None) -> pl.Series:
    """Turn days since 1970-01-01 into a date column, empty where the mask does not hold."""
    column = pl.Series(days.astype(np.int32)).cast(pl.Date)
    return column if mask is None else kept(column, mask)


def working_day(days: Integers) -> Integers:
    """Move Saturdays and Sundays to the Monday after; the order of days stays."""
    # 1970-01-01 was a Thursday.
    weekday = (days + 3) % 7
    return np.asarray(days + np.maximum(7 - weekday, 0) * (weekday >= 5), dtype=np.int64)
