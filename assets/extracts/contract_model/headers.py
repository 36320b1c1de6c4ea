"""Headers as publishers spell them, and the one spelling they are compared in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

_WHITE_SPACE = re.compile(r"\s+")
_FOOTNOTE = re.compile(r"\d+$")


def normalise_header(header: str) -> str:
    """Lower case without byte-order mark, white space or line breaks.

    The same header is published with line breaks (ePCN), doubled spaces (QOF) and with its
    spaces stripped (Fingertips files written by R); none of these changes what it names.
    """
    return _WHITE_SPACE.sub("", header.replace("\ufeff", "")).lower()


def find_header(spellings: Sequence[str], headers: tuple[str, ...]) -> int | None:
    """Position of the first header that one of the spellings names.

    A spelling that starts with ``^`` is a regular expression over the normalised header. Exact
    spellings win; footnote digits behind a published header (``patients1``) are forgiven.
    """
    exact, without_footnote = _positions(headers)
    wanted = [
        spelling if spelling.startswith("^") else normalise_header(spelling)
        for spelling in spellings
    ]
    for positions in (exact, without_footnote):
        for spelling in wanted:
            if spelling in positions:
                return positions[spelling]
    for pattern in (spelling for spelling in wanted if spelling.startswith("^")):
        for header, position in exact.items():
            if re.fullmatch(pattern, header):
                return position
    return None


def matches_header(spellings: Sequence[str], header: str) -> bool:
    """Whether a header is spelt in one of the ways that ``find_header`` takes."""
    return find_header(spellings, (header,)) is not None


# One file is held against every layout of every contract, so its headers are normalised once.
@lru_cache(maxsize=64)
def _positions(headers: tuple[str, ...]) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Normalised header to its first position, as published and without footnote digits."""
    exact: dict[str, int] = {}
    without_footnote: dict[str, int] = {}
    for position, header in enumerate(headers):
        published = normalise_header(header)
        exact.setdefault(published, position)
        without_footnote.setdefault(_FOOTNOTE.sub("", published), position)
    return exact, without_footnote
