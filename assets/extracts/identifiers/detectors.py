"""Detectors of patient-identifiable data: what identifiers look like in cells and in file names.

NHS number check as in the NHS Data Dictionary (modulus 11). The other detectors are for what
local organisations send: published extracts carry practice addresses by design.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

import nhs_number

REDACTED = "[redacted]"

# Ten digits as people and machines write an NHS number: run together or 3-3-4, with any spaces,
# dashes, strokes or underscores between, or with full stops throughout; digits may be full-width
# and have unseen characters behind them, as copied from web pages; ".0" behind it is how
# spreadsheets export it. Decimals are left alone: 0.9434765919 is not a number of a person.
_UNSEEN = "\u00ad\u200b-\u200d\u2060\ufeff"
_DIGIT = f"[0-9\uff10-\uff19][{_UNSEEN}]?"
_GAP = f"[ \u00a0\u2007\u2009\u202f\u2010-\u2015{_UNSEEN}/_-]{{0,3}}"
_THREE, _FOUR = f"(?:{_DIGIT}){{3}}", f"(?:{_DIGIT}){{4}}"
_DIGITS = rf"(?:{_THREE}{_GAP}{_THREE}{_GAP}{_FOUR}|{_THREE}\.{_THREE}\.{_FOUR})"
_NUMBER = re.compile(rf"(?<![0-9])(?<![0-9]\.){_DIGITS}(?!\d)(?!\.(?!0+(?:\D|$))\d)")
_NOT_DIGIT = re.compile(r"\D")

_SPACES = "[ \u00a0]"
_EMAIL = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
# Within the country 01, 02, 03, 05, 07, 08 and 09 begin a number (Ofcom's numbering plan).
# Zero-padded running numbers begin otherwise and are left alone.
_PHONE_GAP = "[ \u00a0()-]"
_TELEPHONE = (
    rf"(?:(?:\+|\b00){_SPACES}{{0,2}}44{_PHONE_GAP}{{0,4}}0?{_PHONE_GAP}{{0,2}}[1-9]|\b0[1235789])"
    rf"(?:{_PHONE_GAP}{{0,2}}\d){{8,9}}"
)
# A mobile number that lost its 0, as spreadsheets do to numbers; 070 and 076 are none.
_MOBILE = r"\b(?:44[ -]?)?7[1-57-9]\d{2}[ -]?\d{3}[ -]?\d{3}"
_POSTCODE = (
    rf"\b(?:[Gg][Ii][Rr]{_SPACES}{{0,3}}0[Aa]{{2}}"
    rf"|[A-Za-z]{{1,2}}\d[A-Za-z\d]?{_SPACES}{{0,3}}\d[A-Za-z]{{2}})\b"
)
# "room B1 3rd floor" and "at E1 2pm" are no postcodes.
_NO_POSTCODE = re.compile(rf"{_SPACES}\d(?:st|nd|rd|th|am|pm)$")
_BIRTH_DATE = r"\b(?:\d{1,2}[/.-]\d{1,2}[/.-]19\d{2}|19\d{2}-\d{2}-\d{2})\b"
# Days of this century and with two-digit years are everywhere: only words tell those of a birth.
_MONTH_NAME = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_BORN_ON = (
    r"(?i:\b(?:d\.?o\.?b|born|birth[a-z]*)\b(?:[^\w]{1,3}(?:date|day|of|on|was|is|in)){0,3}"
    r"[^\w]{0,4}(?:\d{4}[/.-]\d{1,2}[/.-]\d{1,2}|\d{1,2}[/. -]\d{1,2}[/. -](?:\d{4}|\d{2})"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?[ -](?:of )?{_MONTH_NAME}[ -](?:\d{{4}}|\d{{2}}))\b)"
)


# Of 64 hexadecimal digits ten in a row are often decimal, and one run in eleven passes the check:
# keyed hashes and UUIDs are left out (0.5 % of random keys were taken for a number, 2026-11-23).
_OPAQUE_KEY = re.compile(
    r"(?<![0-9a-z])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64})(?![0-9a-z])",
    re.IGNORECASE,
)


def is_nhs_number(text: str) -> bool:
    """Whether a ten-digit text is an NHS number with a valid check digit.

    Numbers that start with 0 are telephone numbers (issued NHS numbers start with 4, 6, 7 or 9,
    test numbers with 999), and ten equal digits pass the arithmetic but are never issued.
    """
    digits = _NOT_DIGIT.sub("", unicodedata.normalize("NFKC", text))[:10]
    if digits.startswith("0") or len(set(digits)) == 1:
        return False
    return bool(nhs_number.is_valid(digits))


def _always(_found: str) -> bool:
    return True


@dataclass(frozen=True)
class Detector:
    """One kind of identifier.

    Attributes:
        kind: as contracts name it in ``allowed_identifiers``.
        words: what a value of it is called in messages.
        suspect: regular expression of the engine, which knows no look-around and only has to
            find suspects.
        pattern: the same for single values, exact.
        is_real: whether a match is one.
        anywhere: looked for in every column, not only where people write what they like.
        shortest: length in characters of the shortest value.
    """

    kind: str
    words: str
    suspect: str
    pattern: re.Pattern[str]
    shortest: int
    is_real: Callable[[str], bool] = _always
    anywhere: bool = False

    def values_in(self, text: str) -> set[str]:
        """Every value of this kind that stands in a text."""
        return {text[start:end] for start, end in self.places_in(text)}

    def places_in(self, text: str) -> list[tuple[int, int]]:
        """Where each value begins and ends."""
        readable = _OPAQUE_KEY.sub(lambda key: " " * len(key[0]), text)
        return [found.span() for found in self.pattern.finditer(readable) if self.is_real(found[0])]


NHS_NUMBER = Detector(
    "nhs_number",
    "an NHS number",
    rf"(?:^|[^0-9.]|[^0-9]\.){_DIGITS}(?:$|[^0-9])",
    _NUMBER,
    10,
    is_nhs_number,
    anywhere=True,
)
_COMMUNITY_DETECTORS = (
    Detector("email", "an e-mail address", _EMAIL, re.compile(_EMAIL), 6, anywhere=True),
    Detector(
        "telephone",
        "a telephone number",
        _TELEPHONE,
        re.compile(rf"(?<![\w.]){_TELEPHONE}(?!\w)"),
        10,
        anywhere=True,
    ),
    Detector(
        "telephone",
        "a telephone number",
        _MOBILE,
        # What stands behind a country code was found above.
        re.compile(rf"(?<![\w.+)-])(?<!44[ \u00a0])(?<!\) ){_MOBILE}(?![\w-])(?!\.\d)"),
        10,
    ),
    Detector(
        "postcode",
        "a postcode",
        _POSTCODE,
        re.compile(_POSTCODE),
        5,
        lambda found: _NO_POSTCODE.search(found) is None,
        anywhere=True,
    ),
    Detector(
        "date_of_birth",
        "a date of birth",
        rf"{_BIRTH_DATE}|{_BORN_ON}",
        re.compile(rf"{_BORN_ON}|{_BIRTH_DATE}"),
        8,
        anywhere=True,
    ),
)


def detectors_for(origin: str, allowed: Collection[str]) -> tuple[Detector, ...]:
    """The detectors that an extract's cells are held against, less the kinds it may hold."""
    every = (NHS_NUMBER, *_COMMUNITY_DETECTORS)
    wanted = every if origin == "community" else (NHS_NUMBER,)
    return tuple(detector for detector in wanted if detector.kind not in allowed)


# A pattern with a wildcard or without an end lets more through than a code; of the others, one
# that lets none of these through is that of a code (made-up values in the shapes looked for).
_OPEN_PATTERN = re.compile(r"(?<!\\)\.|\\[wWSD]|\[\^|[+*]|\{\d+,\}")
_SHAPES = (
    "9434765919", "943 476 5919", "943-476-5919", "07700900123", "07700 900123", "7700900123",
    "+447700900123", "SW1A1AA", "SW1A 1AA", "M11AE", "M1 1AE", "12/03/1950", "12.3.1950",
    "1950-03-12", "a@b.org",
)  # fmt: skip


@lru_cache(maxsize=1024)
def is_closed(pattern: str) -> bool:
    """Whether no value that a pattern lets through can be an identifier of a person."""
    return not _OPEN_PATTERN.search(pattern) and not any(
        re.fullmatch(pattern, shape) for shape in _SHAPES
    )


def redact(text: str, detectors: Iterable[Detector] = (NHS_NUMBER,)) -> str:
    """The text with every identifier replaced."""
    return _without_places(text, [place for d in detectors for place in d.places_in(text)])


def redact_name(name: str, detectors: Iterable[Detector]) -> str:
    """The name of a file with every identifier and every opaque key replaced.

    An underscore parts words in a name. A submission may be named after its submission id.
    """
    words = name.replace("_", " ")
    places = [place for detector in detectors for place in detector.places_in(words)]
    return _without_places(name, [*places, *(key.span() for key in _OPAQUE_KEY.finditer(words))])


def _without_places(text: str, places: Iterable[tuple[int, int]]) -> str:
    kept, at = "", 0
    for start, end in sorted(places):
        if end > at:
            kept += text[at : max(at, start)] + (REDACTED if start >= at else "")
            at = end
    return kept + text[at:]
