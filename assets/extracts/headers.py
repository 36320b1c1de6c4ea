"""Headers as publishers spell them, and the one spelling they are compared in."""

from __future__ import annotations

import re
from collections.abc import Sequence

_WHITE_SPACE = re.compile(r"\s+")
_FOOTNOTE = re.compile(r"\d+$")


def normalise_header(header: str) -> str:
    """Lower case without byte-order mark, white space or line breaks.

    The same header is published with line breaks (ePCN), doubled spaces (QOF) and with its
    spaces stripped (Fingertips files written by R); none of these changes what it names.
    """
    return _WHITE_SPACE.sub("", header.replace("\ufeff", "")).lower()


def matches_header(spelling: str, header: str) -> bool:
    """Whether a published header is the one a contract spells.

    A spelling that starts with ``^`` is a regular expression over the normalised header. Footnote
    digits behind the published header (``patients1``) are forgiven.
    """
    published = normalise_header(header)
    if spelling.startswith("^"):
        return re.fullmatch(spelling, published) is not None
    wanted = normalise_header(spelling)
    return published == wanted or _FOOTNOTE.sub("", published) == wanted


def find_header(spellings: Sequence[str], headers: Sequence[str]) -> int | None:
    """Position of the first header that one of the spellings names, exact spellings first."""
    for spelling in spellings:
        wanted = normalise_header(spelling)
        for position, header in enumerate(headers):
            if normalise_header(header) == wanted:
                return position
    for spelling in spellings:
        for position, header in enumerate(headers):
            if matches_header(spelling, header):
                return position
    return None
