"""Community services as directories publish them, one JSON document a layout, made up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def write_services(path: Path, layout: str, count: int) -> Path:
    """A JSON document of a layout of ``oruk_services`` as a directory or the platform writes it."""
    match layout:
        case "daily differences":
            document: dict[str, Any] = {
                "feed": "example", "schema_version": "v3", "taken_on": "2025-09-01",
                "changes": [_difference(number) for number in range(count)],
            }  # fmt: skip
        case "page of services, version 3":
            document = {
                "total_items": count,
                "contents": [_service(number) for number in range(count)],
            }
        case "page of services, version 1":
            document = {
                "totalElements": count,
                "content": [_service_of_version_1(number) for number in range(count)],
            }
        case "single service":
            document = _service(1)
        case _:
            raise ValueError(f"no services are written in the layout {layout!r}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")
    return path


def _id(number: int) -> str:
    return f"ac148810-d857-441c-9679-{number:012x}"


def _shared(number: int) -> dict[str, Any]:
    return {
        "id": _id(number),
        "name": f"Walking group {number}",
        "status": "active",
        "url": "https://directory.example/walking",
        "fees": "free",
        "assured_date": "2025-08-01",
        "last_modified": "2025-08-02T10:00:00Z",
    }


def _service(number: int) -> dict[str, Any]:
    address = {"postal_code": "ZZ99 1AA", "city": "Example Vale"}
    location = {
        "id": _id(900 + number), "location_type": "physical", "latitude": 51.5,
        "longitude": -0.1, "addresses": [address],
    }  # fmt: skip
    return {
        **_shared(number),
        "minimum_age": 18,
        "maximum_age": 99,
        "organization": {"id": _id(800), "name": "Example Vale Walkers"},
        "service_at_locations": [{"id": _id(700 + number), "location": location}],
        "attributes": [{"id": _id(600), "taxonomy_term": {"id": _id(500), "name": "Walking"}}],
        "contacts": [{"name": "Front desk"}],
        "schedules": [],
    }


def _service_of_version_1(number: int) -> dict[str, Any]:
    address = {"postal_code": "ZZ99 1AA"}
    location = {"id": _id(900 + number), "latitude": "51.5", "physical_addresses": [address]}
    return {
        **_shared(number),
        "organization": {"id": _id(800), "name": "Example Vale Walkers"},
        "eligibilitys": [{"minimum_age": 18, "maximum_age": 99}],
        "service_at_locations": [{"id": _id(700 + number), "location": location}],
        "service_taxonomys": [{"taxonomy": {"id": _id(500)}}],
        "regular_schedules": [{"opens_at": "10:00"}],
        "contacts": [],
    }


def _difference(number: int) -> dict[str, Any]:
    return {
        **_shared(number),
        "change": "added",
        "organization_name": "Example Vale Walkers",
        "minimum_age": "18",
        "postal_code": "ZZ99 1AA",
        "number_of_contacts": 1,
    }
