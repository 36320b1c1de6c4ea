"""One service of a feed as the flat record we keep: facts of the offer, nobody's contact details.

Contacts are only counted. E-mail addresses are not read, free text that is not needed
(descriptions, alerts) is not kept, and what looks like an e-mail address, a telephone number or
an NHS number in the text that is kept is replaced, because publishers write them into names,
fees, links and any other field as well.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from assets.extracts.identifiers.detectors import REDACTED, redact

SchemaVersion = Literal["v1", "v3"]
# Where a page of each version of Open Referral UK has its services.
LIST_OF_SERVICES: Mapping[SchemaVersion, str] = {"v3": "contents", "v1": "content"}

Scalar = str | int | float | bool | None

# The lengths are bounded so that a hostile text cannot hold up the night.
_EMAIL = re.compile(
    r"(?:[\w.+%'-]{1,64}|\"[^\"]{1,64}\")(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63}){1,9}"
)
# United Kingdom numbers, national or with country code, and others with a plus, in any spacing;
# with full stops or strokes only where no date is written so: after three digits or more.
_GAP = r"[\s()\u2010-\u2015-]{0,3}"
_TELEPHONE = re.compile(
    rf"(?<!\w)\(?(?:\+\s?44|00\s?44|44|0)(?:{_GAP}\d){{9,11}}(?!\d)"
    rf"|(?<!\w)\(?\+(?:{_GAP}[.]?\d){{8,15}}(?!\d)"
    r"|(?<![\w.])0\d{2,4}[./]\d{3,4}(?:[./]?\d{3,4})(?!\d)"
)
# What needs no look for details: it can hold none.
_KEY = re.compile(r"\d{1,40}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?: ?Z|[+-]\d{2}:?\d{2})?)?"
)
_MOST_ROUNDS = 3


class ServiceError(ValueError):
    """An entry that is not a service; the message names the field and the rule."""


class Service(BaseModel):
    """A service, one record per id; values stand as published, of whatever type.

    A count is empty where the feed does not send the list at all, which a page of services may
    leave out (Open Referral UK 3.0), and zero where it sends an empty one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    name: Scalar = None
    status: Scalar = None
    """active, inactive, defunct or temporarily closed"""
    organization_id: Scalar = None
    organization_name: Scalar = None
    organization_identifiers: tuple[str, ...] | None = None
    """Scheme and identifier of the organization, such as GB-CHC-1234567, in order."""
    url: Scalar = None
    fees: Scalar = None
    minimum_age: Scalar = None
    """years"""
    maximum_age: Scalar = None
    """years"""
    assured_date: Scalar = None
    last_modified: Scalar = None
    location_id: Scalar = None
    """Of the service's locations, the physical one with the lowest id, else any with it."""
    location_type: Scalar = None
    latitude: Scalar = None
    """degrees north, WGS 84"""
    longitude: Scalar = None
    """degrees east, WGS 84"""
    postal_code: Scalar = None
    taxonomy_term_ids: tuple[str, ...] | None = None
    """Taxonomy terms the service is tagged with, in order."""
    number_of_attributes: int | None = None
    number_of_contacts: int | None = None
    number_of_cost_options: int | None = None
    number_of_funding: int | None = None
    number_of_languages: int | None = None
    number_of_schedules: int | None = None
    number_of_service_areas: int | None = None
    number_of_service_at_locations: int | None = None


def flat_service(entry: Any) -> Service:
    """The record of one entry of ``contents`` (Open Referral UK 3.0) or ``content`` (1.0).

    The profiles name some lists differently; each is looked for under its newer name first.

    Raises:
        ServiceError: when the entry has no id or its parts are not of the profile's shape.
    """
    if not isinstance(entry, dict):
        raise ServiceError("the entry is not an object")
    identifier = _id(entry)
    if not identifier:
        raise ServiceError("the service has no id")
    organization = _object(entry, "organization") or {}
    organization_id = _key(_scalar(entry, "organization_id"))
    attributes = _list(entry, "attributes", "service_taxonomys")
    return Service(
        id=identifier,
        name=_without_details(_scalar(entry, "name")),
        status=_without_details(_scalar(entry, "status")),
        organization_id=organization_id or _key(_scalar(organization, "id")),
        organization_name=_without_details(_scalar(organization, "name")),
        organization_identifiers=_organization_identifiers(organization),
        url=_without_details(_scalar(entry, "url")),
        fees=_without_details(_scalar(entry, "fees")),
        minimum_age=_age(entry, "minimum_age", min),
        maximum_age=_age(entry, "maximum_age", max),
        assured_date=_moment(_scalar(entry, "assured_date")),
        last_modified=_moment(_scalar(entry, "last_modified")),
        **_location(entry),
        taxonomy_term_ids=_taxonomy_term_ids(attributes),
        number_of_attributes=_count(attributes),
        number_of_contacts=_count(_list(entry, "contacts")),
        number_of_cost_options=_count(_list(entry, "cost_options")),
        number_of_funding=_count(_list(entry, "funding", "fundings")),
        number_of_languages=_count(_list(entry, "languages")),
        number_of_schedules=_count(_list(entry, "schedules", "regular_schedules")),
        number_of_service_areas=_count(_list(entry, "service_areas")),
        number_of_service_at_locations=_count(_list(entry, "service_at_locations")),
    )


def id_of(entry: Any) -> set[str]:
    """The id of an entry that may be no service; none if it cannot be told."""
    try:
        return {_id(entry)} - {""} if isinstance(entry, dict) else set()
    except ServiceError:
        return set()


def _id(entry: dict[str, Any]) -> str:
    """Without blanks around it, as keys are compared; empty if there is none."""
    identifier = _key(_scalar(entry, "id"))
    return "" if identifier is None or isinstance(identifier, bool) else str(identifier).strip()


def _scalar(item: dict[str, Any], field: str) -> Scalar:
    value = item.get(field)
    if isinstance(value, dict | list):
        raise ServiceError(f"{field} is not a text or a number")
    if not isinstance(value, str):
        return value
    # JSON can escape half a character (a lone surrogate), which no file can hold.
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ServiceError(f"{field} holds half a character")
    return value


def _object(item: dict[str, Any], field: str) -> dict[str, Any] | None:
    value = item.get(field)
    if value is not None and not isinstance(value, dict):
        raise ServiceError(f"{field} is not an object")
    return value


def _list(item: dict[str, Any], *fields: str) -> list[dict[str, Any]] | None:
    field = next((name for name in fields if item.get(name) is not None), None)
    if field is None:
        return None
    value = item[field]
    if not isinstance(value, list) or not all(isinstance(part, dict) for part in value):
        raise ServiceError(f"{field} is not a list of objects")
    return value


def _count(parts: list[dict[str, Any]] | None) -> int | None:
    return None if parts is None else len(parts)


def _without_details(value: Scalar) -> Scalar:
    """A text without contact details, however they are spelt; any other as it was published."""
    if not isinstance(value, str):
        return value
    cleaned = _redacted(value)
    if cleaned != value:
        return cleaned
    # Web pages spell @ as &#64;, or that once more; full-width digits are digits too.
    readable = value
    for _ in range(_MOST_ROUNDS):
        readable = unicodedata.normalize("NFKC", html.unescape(readable))
    cleaned = _redacted(readable)
    return value if cleaned == readable else cleaned


def _redacted(text: str) -> str:
    return _TELEPHONE.sub(REDACTED, redact(_EMAIL.sub(REDACTED, text)))


def _key(value: Scalar) -> Scalar:
    """An id; one that is neither a number nor a UUID is a text in which anything may stand."""
    is_plain = isinstance(value, str) and _KEY.fullmatch(value.strip())
    return value if is_plain else _without_details(value)


def _moment(value: Scalar) -> Scalar:
    """A day or a time; what has another shape is a text in which anything may stand."""
    is_plain = isinstance(value, str) and _MOMENT.fullmatch(value.strip())
    return value if is_plain else _without_details(value)


def _organization_identifiers(organization: dict[str, Any]) -> tuple[str, ...] | None:
    parts = _list(organization, "organization_identifiers")
    if parts is None:
        return None
    pairs = [
        (
            _without_details(_scalar(part, "identifier_scheme")),
            _key(_scalar(part, "identifier")),
        )
        for part in parts
    ]
    # Some publishers write the scheme into the identifier as well.
    return tuple(
        sorted(
            {
                str(number) if str(number).startswith(f"{scheme}-") else f"{scheme}-{number}"
                for scheme, number in pairs
                if scheme and number
            }
        )
    )


def _age(entry: dict[str, Any], field: str, outermost: Any) -> Scalar:
    """An age limit; profile 1.0 gives a list of eligible age ranges, of which the span is taken."""
    if field in entry:
        return _without_details(_scalar(entry, field))
    limits = [_scalar(part, field) for part in _list(entry, "eligibilitys") or []]
    if not limits or None in limits:
        return None
    if not all(isinstance(limit, int | float) for limit in limits):
        raise ServiceError(f"{field} of eligibilitys is not a number")
    limit: Scalar = outermost(limits)
    return limit


def _taxonomy_term_ids(attributes: list[dict[str, Any]] | None) -> tuple[str, ...] | None:
    if attributes is None:
        return None
    terms = set()
    for attribute in attributes:
        term = _object(attribute, "taxonomy_term") or _object(attribute, "taxonomy") or {}
        identifier = _key(_scalar(term, "id") or _scalar(attribute, "taxonomy_term_id"))
        if identifier is not None:
            terms.add(str(identifier))
    return tuple(sorted(terms))


def _location(entry: dict[str, Any]) -> dict[str, Any]:
    """The columns of one location, chosen so that the order of a feed's list has no effect."""
    places = [
        _object(part, "location") or {} for part in _list(entry, "service_at_locations") or []
    ]
    if not places:
        return {}
    place = min(places, key=lambda it: (not _is_physical(it), str(_scalar(it, "id"))))
    addresses = _list(place, "addresses", "physical_addresses") or [{}]
    # Profile 1.0 addresses have neither id nor type, so the postcode decides.
    postcodes = [
        (_scalar(address, "address_type") == "postal", str(postcode), postcode)
        for address in addresses
        if (postcode := _without_details(_scalar(address, "postal_code")))
    ]
    return {
        "location_id": _key(_scalar(place, "id")),
        "location_type": _without_details(_scalar(place, "location_type")),
        "latitude": _without_details(_scalar(place, "latitude")),
        "longitude": _without_details(_scalar(place, "longitude")),
        "postal_code": min(postcodes)[2] if postcodes else None,
    }


def _is_physical(place: dict[str, Any]) -> bool:
    # Profile 1.0 knows no types of locations: all are places.
    return _scalar(place, "location_type") in ("physical", None)
