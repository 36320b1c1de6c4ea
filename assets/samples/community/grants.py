"""Grants in the 360Giving standard: two funders' spreadsheets as CSV and a third one's JSON."""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from assets.samples.community.draws import Draw, stream_of
from assets.samples.country.places import Places
from assets.samples.published.published_csv import write_csv

# Headings of a council's published register, as spelt and ordered there.
GRANT_HEADINGS = (
    "Identifier", "Title", "Description", "Currency", "Amount Applied For", "Amount Awarded",
    "Amount Disbursed", "Award Date", "URL", "Planned Dates:Start Date", "Planned Dates:End Date",
    "Planned Dates:Duration (months)", "Recipient Org:Identifier", "Recipient Org:Name",
    "Recipient Org:Charity Number", "Recipient Org:Company Number", "Recipient Org:Street Address",
    "Recipient Org:City", "Recipient Org:County", "Recipient Org:Country",
    "Recipient Org:Postal Code", "Recipient Org:Description", "Recipient Org:Web Address",
    "Beneficiary Location:Name", "Beneficiary Location:Country Code",
    "Beneficiary Location:Latitude", "Beneficiary Location:Longitude",
    "Beneficiary Location:Geographic Code", "Beneficiary Location:Geographic Code Type",
    "Funding Org:Identifier", "Funding Org:Name", "Funding Org:Department",
    "Grant Programme:Code", "Grant Programme:Title", "Grant Programme:URL", "From an open call?",
    "Related Activity", "Last modified", "Data Source",
)  # fmt: skip
INDIVIDUAL_HEADINGS = ("Recipient Ind:Identifier", "Recipient Ind:Name")

_FIRST_AWARD, _DAYS = dt.date(2024, 4, 3), 500
_PURPOSES = (
    ("Warm Space", "A warm room and a hot meal on two afternoons a week through the winter"),
    ("Walking Group", "Led walks for people who have not been active for a while"),
    ("Community Choir", "Weekly singing, open to all, with songs people choose themselves"),
    ("Garden Project", "Growing food together on unused land beside the surgery"),
    ("Debt Advice", "An adviser in the community centre one day a week"),
    ("Befriending", "Volunteers visiting people who live alone"),
    ("Young Carers", "Days out and a peer group for young carers"),
    ("Repair Cafe", "Mending things together, and learning how"),
)
_PROGRAMMES = (("NBH", "Neighbourhood Grants"), ("WEL", "Wellbeing Fund"))


@dataclass(frozen=True, slots=True)
class Funder:
    """Who awards grants: 360Giving prefix, org-id, name and web address."""

    prefix: str
    identifier: str
    name: str
    address: str


COUNCIL = Funder("360G-examplevale", "GB-LAE-EXV", "Example Vale Council", "https://example.org/")
FOUNDATION = Funder(
    "360G-evfoundation", "GB-CHC-9900010", "Example Vale Foundation", "https://example.com/"
)
HARDSHIP_FUND = Funder(
    "360G-evhardship", "GB-CHC-9900011", "Example Vale Hardship Fund", "https://example.net/"
)


@dataclass(frozen=True, slots=True)
class Grant:
    """One award; ``individual`` is set where a person receives it, and then no organisation."""

    identifier: str
    purpose: tuple[str, str]
    applied: int
    awarded: float
    on: dt.date
    months: int
    recipient: int
    individual: bool
    area: tuple[str, str, str]
    programme: tuple[str, str]
    open_call: bool
    modified: dt.datetime


def write_grants(folder: Path, places: Places, seed: int) -> list[Path]:
    """Write the council's CSV, the hardship fund's CSV and the foundation's JSON.

    Each holds one award twice, the second time corrected and modified later. The fund and the
    foundation also give to individuals, whose names say that they are invented; the fund writes
    its dates day first.
    """
    awards = max(12, len(places.practices))
    council = _grants(COUNCIL, awards, 0.0, places, stream_of(seed, "grants", COUNCIL.prefix))
    fund = _grants(HARDSHIP_FUND, 12, 0.5, places, stream_of(seed, "grants", HARDSHIP_FUND.prefix))
    foundation = _grants(
        FOUNDATION, awards // 2, 0.12, places, stream_of(seed, "grants", FOUNDATION.prefix)
    )
    headings = (*GRANT_HEADINGS, *INDIVIDUAL_HEADINGS)
    return [
        _write_spreadsheet(folder / "example_vale_council_grants_360giving.csv", COUNCIL, council,
                           GRANT_HEADINGS, dt.date.isoformat),
        _write_spreadsheet(folder / "example_vale_hardship_fund_grants_360giving.csv",
                           HARDSHIP_FUND, fund, headings, lambda day: f"{day:%d/%m/%Y}"),
        _write_json(folder / "example_vale_foundation_grants_360giving.json", foundation),
    ]  # fmt: skip


def _grants(
    funder: Funder, count: int, individuals: float, places: Places, draw: Draw
) -> list[Grant]:
    """Draw a register in the order of award, the corrected award last."""
    days = sorted(int(day) for day in draw.integers(0, _DAYS, count))
    made = [
        _grant(funder, number, _FIRST_AWARD + dt.timedelta(days=day), places, draw)
        for number, day in enumerate(days)
    ]
    # One award to nobody in particular yet: an amount of nothing is allowed.
    made[1] = replace(made[1], awarded=0)
    for number in range(round(individuals * count)):
        made[2 * number] = replace(made[2 * number], individual=True, awarded=150, months=1)
    corrected = made[3]
    later = corrected.modified + dt.timedelta(days=31)
    return [*made, replace(corrected, awarded=corrected.awarded + 250, modified=later)]


def _grant(funder: Funder, number: int, on: dt.date, places: Places, draw: Draw) -> Grant:
    """Draw one award to an organisation; four in five benefit the district, others a small area."""
    district = ("Example Vale", "E07999901", "NMD")
    small = ("Example Vale", f"E0199{draw.integers(0, 10_000):04d}", "LSOA")
    awarded = round(float(draw.lognormal(8.1, 0.8)), 2 if draw.random() < 0.2 else 0)
    return Grant(
        identifier=f"{funder.prefix}-{on:%Y}-{number + 1:05d}",
        purpose=_PURPOSES[draw.integers(0, len(_PURPOSES))],
        applied=round(awarded * float(draw.uniform(1.0, 1.6))),
        awarded=awarded,
        on=on,
        months=int(draw.choice([3, 6, 12, 12, 24])),
        # Some organisations receive several grants.
        recipient=int(draw.integers(0, max(6, len(places.practices) // 2))),
        individual=False,
        area=small if draw.random() < 0.2 else district,
        programme=_PROGRAMMES[draw.integers(0, len(_PROGRAMMES))],
        open_call=bool(draw.random() < 0.8),
        modified=dt.datetime.combine(on + dt.timedelta(days=20), dt.time(9, 30)),
    )


def _recipient(grant: Grant) -> dict[str, str]:
    """Who receives a grant: a charity, or a group known only to the funder."""
    name = f"Example Community Group {grant.recipient + 1}"
    if grant.recipient % 3 == 0:
        return {"id": f"360G-examplevale-group-{grant.recipient + 1}", "name": name}
    number = str(9910000 + grant.recipient)
    postcode = f"ZZ99 {grant.recipient % 9 + 1}VC"
    return {
        "id": f"GB-CHC-{number}", "name": name, "charityNumber": number, "postalCode": postcode,
    }  # fmt: skip


def _person(grant: Grant) -> dict[str, str]:
    """An individual: invented, and saying so."""
    return {
        "id": f"{grant.identifier}-recipient",
        "name": f"Invented Person {grant.recipient + 1}",
    }


def _write_spreadsheet(
    path: Path, funder: Funder, grants: list[Grant], headings: tuple[str, ...],
    day: Callable[[dt.date], str],
) -> Path:  # fmt: skip
    """Write a register as CSV with these headings; what is not known stays empty."""
    filled = [_cells(funder, grant, day) for grant in grants]
    rows = [[cells.get(heading, "") for heading in headings] for cells in filled]
    return write_csv(path, [headings, *rows])


def _cells(funder: Funder, grant: Grant, day: Callable[[dt.date], str]) -> dict[str, str]:
    """Filled cells of one award by heading."""
    subject, description = grant.purpose
    cells = {
        "Identifier": grant.identifier,
        "Title": f"{subject} grant",
        "Description": description,
        "Currency": "GBP",
        "Amount Applied For": str(grant.applied),
        "Amount Awarded": f"{grant.awarded:.2f}".removesuffix(".00"),
        "Award Date": day(grant.on),
        "Planned Dates:Duration (months)": str(grant.months),
        "Beneficiary Location:Name": grant.area[0],
        "Beneficiary Location:Country Code": "GB",
        "Beneficiary Location:Geographic Code": grant.area[1],
        "Beneficiary Location:Geographic Code Type": grant.area[2],
        "Funding Org:Identifier": funder.identifier,
        "Funding Org:Name": funder.name,
        "Grant Programme:Code": grant.programme[0],
        "Grant Programme:Title": grant.programme[1],
        "From an open call?": "Yes" if grant.open_call else "No",
        "Last modified": f"{grant.modified:%Y-%m-%dT%H:%M:%SZ}",
        "Data Source": funder.address,
    }
    if grant.individual:
        person = _person(grant)
        return cells | {
            "Recipient Ind:Identifier": person["id"], "Recipient Ind:Name": person["name"],
        }  # fmt: skip
    recipient = _recipient(grant)
    return cells | {
        "Recipient Org:Identifier": recipient["id"],
        "Recipient Org:Name": recipient["name"],
        "Recipient Org:Charity Number": recipient.get("charityNumber", ""),
        "Recipient Org:Country": "England",
        "Recipient Org:Postal Code": recipient.get("postalCode", ""),
    }


def _write_json(path: Path, grants: list[Grant]) -> Path:
    """Write the foundation's register as JSON (schema 1.x)."""
    document = {"grants": [_object(grant) for grant in grants]}
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8", newline="\n")
    return path


def _object(grant: Grant) -> dict[str, object]:
    """One award as an object."""
    subject, description = grant.purpose
    to: dict[str, object] = (
        {"recipientIndividual": _person(grant)}
        if grant.individual
        else {"recipientOrganization": [_recipient(grant)]}
    )
    start = grant.on + dt.timedelta(days=30)
    place, code, kind = grant.area
    return {
        "id": grant.identifier,
        "title": f"{subject} grant",
        "description": description,
        "currency": "GBP",
        "amountAppliedFor": grant.applied,
        "amountAwarded": grant.awarded,
        "awardDate": grant.on.isoformat(),
        "plannedDates": [{"startDate": start.isoformat(), "duration": grant.months}],
        **to,
        "fundingOrganization": [{"id": FOUNDATION.identifier, "name": FOUNDATION.name}],
        "beneficiaryLocation": [
            {"name": place, "countryCode": "GB", "geoCode": code, "geoCodeType": kind}
        ],
        "grantProgramme": [{"code": grant.programme[0], "title": grant.programme[1]}],
        "fromOpenCall": "Yes" if grant.open_call else "No",
        "dataSource": FOUNDATION.address,
        "dateModified": f"{grant.modified:%Y-%m-%dT%H:%M:%SZ}",
    }
