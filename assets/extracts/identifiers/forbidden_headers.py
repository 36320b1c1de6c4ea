"""Headers that promise an identifier: columns that must not be in a file at all."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

_CAPITAL_WITHIN = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NOT_WORD = re.compile(r"[^a-z]+")

_PERSONS = (
    "patient|client|person|member|participant|customer|user|resident|carer|child|mother|father"
    "|parent|guardian|partner|spouse|relative|kin|champion|volunteer|giver|receiver|staff|worker"
    "|gp|doctor|clinician|nurse|referrer|applicant|individual|beneficiary"
)
# Words of a header, in lower case and with one space before and behind. People put words before
# and behind what they mean: "patient forename", "full_name", "Client NHS", "birth year".
_EVERYWHERE = {
    "nhs_number": re.compile(
        rf" nhs (number|numbers|num|no|nr|id|identifier) | nhs(number|num|no|id) "
        rf"|^ ((the|{_PERSONS})s? )*nhs $"
    ),
    "date_of_birth": re.compile(
        r" (dob|yob|birthdate|birthday|birthyear|dateofbirth|yearofbirth) | d o b "
        r"| (date|day|month|year) of birth | birth (date|day|month|year) "
    ),
    "person_name": re.compile(
        r" (fore|sur|first|last|given|family|full|middle|maiden|preferred)(names?| names?) "
        r"|^ (patient|client|person|member)s? ?names? $"
    ),
    "email": re.compile(r"e ?mail"),
}
_IN_COMMUNITY = {
    "date_of_birth": re.compile(r" (birth|born) "),
    "person_name": re.compile(
        rf"^ names? $| ({_PERSONS})s? ?names? | names? of (the )?({_PERSONS})s? | initials "
        r"| known as "
    ),
    "address": re.compile(r"address| addr | street | house (number|no|name) "),
    "postcode": re.compile(r" post ?code| pcode "),
    "telephone": re.compile(
        r"phone| mobile| mob | tel | fax |^ contacts? $"
        r"| contact (details?|info|information|number|no|name|person) | (emergency|main) contact "
    ),
}


def promised_by(header: str, origin: str, allowed: Collection[str]) -> str | None:
    """The kind of identifier that a header promises, if any, less the kinds that may be held."""
    spaced = _CAPITAL_WITHIN.sub(" ", header.replace("\ufeff", ""))
    words = f" {_NOT_WORD.sub(' ', spaced.lower()).strip()} "
    tables = [_EVERYWHERE, _IN_COMMUNITY] if origin == "community" else [_EVERYWHERE]
    for table in tables:
        for kind, pattern in table.items():
            if kind not in allowed and pattern.search(words):
                return kind
    return None


def forbidden_headers(
    unknown: Sequence[str], origin: str, allowed: Collection[str]
) -> tuple[str, ...]:
    """Headers of columns that no layout knows, and that promise an identifier.

    A column that the contract declares was reviewed and is not looked at here.
    """
    return tuple(header for header in unknown if promised_by(header, origin, allowed))
