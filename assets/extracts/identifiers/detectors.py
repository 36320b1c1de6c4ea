"""Detectors of patient-identifiable data: what they look for, in cells and in headers.

NHS number check as in the NHS Data Dictionary (modulus 11). The other detectors are for what
local organisations send: published extracts carry practice addresses by design.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

import nhs_number

from assets.extracts.contract_model.headers import normalise_header

REDACTED = "[redacted]"

# Ten digits as people write an NHS number: run together or 3-3-4, with any space or dash, or with
# full stops throughout; ".0" behind it is how spreadsheets export it. Decimals are left alone: a
# share such as 0.9434765919 is not a number of a person.
_GAP = "[ \u00a0\u2007\u2009\u202f\u2010-\u2015-]?"
_DIGITS = rf"(?:\d{{3}}{_GAP}\d{{3}}{_GAP}\d{{4}}|\d{{3}}\.\d{{3}}\.\d{{4}})"
_NUMBER = re.compile(rf"(?<![0-9])(?<![0-9]\.){_DIGITS}(?!\d)(?!\.(?!0+(?:\D|$))\d)")
_NOT_DIGIT = re.compile(r"\D")

_EMAIL = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
_TELEPHONE = r"(?:\+44[ ()-]{0,3}0?|\b0)(?:[ ()-]{0,2}\d){9,10}"
_POSTCODE = r"\b(?:[Gg][Ii][Rr] ?0[Aa]{2}|[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2})\b"
_BIRTH_DATE = r"\b(?:\d{1,2}[/.-]\d{1,2}[/.-]19\d{2}|19\d{2}-\d{2}-\d{2})\b"


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
    digits = _NOT_DIGIT.sub("", text)[:10]
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
        anywhere: looked for in every column, not only where people write what they like: codes
            and keys have shapes of their own that can look like a postcode.
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
        readable = _OPAQUE_KEY.sub(" ", text)
        return {found[0] for found in self.pattern.finditer(readable) if self.is_real(found[0])}


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
    ),
    Detector("postcode", "a postcode", _POSTCODE, re.compile(_POSTCODE), 5),
    Detector("date_of_birth", "a date of birth", _BIRTH_DATE, re.compile(_BIRTH_DATE), 8),
)


def detectors_for(origin: str, allowed: Collection[str]) -> tuple[Detector, ...]:
    """The detectors that an extract's cells are held against, less the kinds it may hold."""
    every = (NHS_NUMBER, *_COMMUNITY_DETECTORS)
    wanted = every if origin == "community" else (NHS_NUMBER,)
    return tuple(detector for detector in wanted if detector.kind not in allowed)


_FORBIDDEN_HEADERS = {
    "nhs_number": re.compile(r"nhs_?(number|num|no)\b|^nhsno$|^nhsnumber$"),
    "date_of_birth": re.compile(r"^dob$|date_?of_?birth|birth_?date"),
    "person_name": re.compile(
        r"^(fore|sur|first|last|given|family)_?name$|^(patient|client|person|member)_?name$"
    ),
    "email": re.compile(r"e-?mail"),
}
_FORBIDDEN_IN_COMMUNITY = {
    "person_name": re.compile(r"^name$"),
    "address": re.compile(r"address"),
    "postcode": re.compile(r"post_?code"),
    "telephone": re.compile(r"phone|mobile"),
}


def forbidden_headers(
    unknown: Sequence[str], origin: str, allowed: Collection[str]
) -> tuple[str, ...]:
    """Headers of columns that no layout knows, and that promise an identifier.

    A column that the contract declares was reviewed and is not looked at here.
    """
    patterns = list(_FORBIDDEN_HEADERS.items())
    if origin == "community":
        patterns += _FORBIDDEN_IN_COMMUNITY.items()
    return tuple(
        header
        for header in unknown
        if any(
            pattern.search(normalise_header(header))
            for kind, pattern in patterns
            if kind not in allowed
        )
    )


def redact(text: str, detectors: Iterable[Detector] = (NHS_NUMBER,)) -> str:
    """The text with every identifier replaced."""
    for detector in detectors:
        for value in detector.values_in(text):
            text = text.replace(value, REDACTED)
    return text
