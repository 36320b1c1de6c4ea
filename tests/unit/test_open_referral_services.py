"""What is kept of a service, in both profiles, and what is taken out of its text."""

from __future__ import annotations

from time import process_time

import pytest

from assets.extracts.arriving.open_referral.services import ServiceError, flat_service


def test_a_service_of_profile_1_is_mapped_to_the_same_columns() -> None:
    service = flat_service(
        {
            "id": 3556,
            "name": "Stay and play",
            "status": "active",
            "fees": "",
            "assured_date": "2021-03-04",
            "organization": {"id": "o1", "name": "Council", "url": "https://council.example"},
            "eligibilitys": [
                {"minimum_age": 5, "maximum_age": 11},
                {"minimum_age": 0, "maximum_age": 4},
            ],
            "fundings": [{}, {}],
            "regular_schedules": [{}, {}, {}],
            "service_taxonomys": [
                {"id": "link", "taxonomy": {"id": "t9", "name": "Play"}},
                {"id": "other", "taxonomy": {"id": "t1", "name": "Families"}},
            ],
            "service_at_locations": [
                {
                    "location": {
                        "id": "l1",
                        "latitude": 52.63,
                        "longitude": -1.66,
                        "physical_addresses": [{"address_1": "Hall", "postal_code": "B77 3JN"}],
                    }
                }
            ],
        }
    )
    assert (service.id, service.organization_id) == ("3556", "o1")
    assert (service.minimum_age, service.maximum_age) == (0, 11)
    assert (service.number_of_funding, service.number_of_schedules) == (2, 3)
    assert (service.taxonomy_term_ids, service.number_of_attributes) == (("t1", "t9"), 2)
    assert (service.latitude, service.longitude, service.postal_code) == (52.63, -1.66, "B77 3JN")


def test_a_list_that_is_not_sent_is_unknown_and_an_empty_one_is_none_at_all() -> None:
    service = flat_service({"id": "x", "contacts": [], "languages": None})
    assert service.number_of_contacts == 0
    assert service.number_of_languages is None
    assert service.number_of_schedules is None
    assert service.taxonomy_term_ids is None


def test_values_stand_as_published_whatever_their_type() -> None:
    service = flat_service(
        {"id": "x", "minimum_age": "12", "maximum_age": 0, "assured_date": "31/12/2025"}
    )
    assert (service.minimum_age, service.maximum_age) == ("12", 0)
    assert service.assured_date == "31/12/2025"


def test_an_organization_identifier_that_names_its_scheme_does_not_name_it_twice() -> None:
    parts = [
        {"identifier_scheme": "GB-CHC", "identifier": "GB-CHC-1234567"},
        {"identifier_scheme": "GB-COH", "identifier": "01234567"},
        {"identifier_scheme": "GB-COH"},
    ]
    service = flat_service({"id": "x", "organization": {"organization_identifiers": parts}})
    assert service.organization_identifiers == ("GB-CHC-1234567", "GB-COH-01234567")


def test_the_postcode_of_a_place_goes_before_its_postal_address() -> None:
    addresses = [
        {"address_type": "postal", "postal_code": "AA1 1AA"},
        {"address_type": "physical", "postal_code": "ZZ9 9ZZ"},
        {"address_type": "physical"},
    ]
    places = [{"location": {"id": "l", "location_type": "physical", "addresses": addresses}}]
    assert flat_service({"id": "x", "service_at_locations": places}).postal_code == "ZZ9 9ZZ"


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (None, "not an object"),
        ({"name": "x"}, "no id"),
        ({"id": "  "}, "no id"),
        ({"id": True}, "no id"),
        ({"id": ["x"]}, "id is not a text or a number"),
        ({"id": "x", "fees": {"amount": 1}}, "fees is not a text or a number"),
        ({"id": "x", "organization": "Council"}, "organization is not an object"),
        ({"id": "x", "contacts": [None]}, "contacts is not a list of objects"),
        ({"id": "x", "service_at_locations": [{"location": []}]}, "location is not an object"),
        ({"id": "x", "eligibilitys": [{"minimum_age": "5"}]}, "minimum_age of eligibilitys"),
        ({"id": "x", "name": "\ud800"}, "name holds half a character"),
    ],
)
def test_an_entry_that_is_not_a_service_names_the_field(entry: object, told: str) -> None:
    with pytest.raises(ServiceError, match=told):
        flat_service(entry)


@pytest.mark.parametrize(
    "detail",
    [
        "0161 496 0000",
        "(0161) 496 0000",
        "01614960000",
        "+44 161 496 0000",
        "+44 (0) 161 496 0000",
        "0044 161 4960000",
        "07700-900-123",
        "jo@council.example",
        "jo.o'neil+club@mail.council.example",
        "943 476 5919",
        "07700.900.123",
        "07700/900/123",
        "+44.113.496.0999",
        "+353 1 234 5678",
        "jo&#64;council.example",
        "jo&amp;#64;council.example",
        "jo\uff20council.example",
        "\uff10\uff11\uff16\uff11 496 0000",
        '"jo bloggs"@council.example',
    ],
)
def test_details_written_into_kept_text_are_replaced(detail: str) -> None:
    service = flat_service({"id": "x", "name": f"Club, ask {detail}, free"})
    assert service.name == "Club, ask [redacted], free"


@pytest.mark.parametrize(
    "text",
    [
        "£10.50 per session, £5 for 16-25s",
        "Ages 0-4 and 5-11, 2025-2026",
        "01.02.2024 - 03.04.2024",
        "Open 09:00-17:00, from 01/09/2025 to 31/08/2026",
        "@home club, 50% off",
        "https://club.example/events/2026/1234567890",
    ],
)
def test_other_text_stands_as_published(text: str) -> None:
    service = flat_service({"id": "x", "name": text, "fees": text, "url": text})
    assert (service.name, service.fees, service.url) == (text, text, text)


def test_details_in_any_field_are_replaced() -> None:
    number, email = "07700 900123", "jo@council.example"
    service = flat_service(
        {
            "id": "a",
            "status": f"Ring {number}",
            "last_modified": number,
            "assured_date": f"2026-10-05, {email}",
            "organization_id": number,
            "minimum_age": number,
            "organization": {
                "organization_identifiers": [{"identifier_scheme": email, "identifier": number}]
            },
            "service_at_locations": [
                {"location": {"id": email, "addresses": [{"postal_code": f"LS1 4DY {number}"}]}}
            ],
            "attributes": [{"taxonomy_term": {"id": f"Ring {number}"}}],
        }
    )
    seen = service.model_dump_json()
    assert number not in seen
    assert email not in seen
    assert service.status == "Ring [redacted]"


def test_ids_and_dates_in_their_shapes_stand_as_published() -> None:
    uuid = "01134960-9990-4123-8123-077009001234"
    moment = "2026-10-05T09:30:00.123456+01:00"
    service = flat_service({"id": "07700900123", "organization_id": uuid, "last_modified": moment})
    assert service.id == "07700900123"
    assert service.organization_id == uuid
    assert service.last_modified == moment


def test_a_long_hostile_text_is_read_at_once() -> None:
    started = process_time()
    flat_service({"id": "x", "name": "a" * 200_000, "fees": "0" + " (" * 100_000})
    flat_service({"id": "x", "name": "+" * 200_000, "fees": '"' * 200_000, "url": "0/" * 100_000})
    flat_service({"id": "x", "name": "&" * 200_000, "fees": "a@" * 100_000})
    assert process_time() - started < 5
