"""A community directory that publishes Open Referral UK: its services, and what a day changed."""

import shutil
import tempfile
import uuid
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from assets.extracts.arriving.open_referral.services import Service
from assets.extracts.arriving.open_referral.snapshots import History, Snapshot
from assets.samples.country.places import Places, stream

FEED = "example_vale"
_ADDRESS = "https://directory.example.org/o/ServiceDirectoryService/v3"

_OFFERS = (
    "Walking group", "Community garden", "Befriending", "Carers' cafe", "Debt advice",
    "Men's shed", "Singing for the lungs", "Repair cafe", "Chair exercise", "Digital drop-in",
    "Food pantry", "Bereavement circle", "Art class", "Peer support", "Volunteering desk",
)  # fmt: skip
_STATUSES = ("active", "inactive", "temporarily closed")


def write_directory_services(
    folder: Path, places: Places, seed: int, days: Sequence[date] | None = None
) -> list[Path]:
    """Write the differences of each day, as the platform keeps them of a feed.

    The first day adds every service; on a later one a few are new, changed or gone. There is
    about one service for each practice.
    """
    days = days or (date(2025, 9, 29), date(2025, 9, 30))
    draw = stream(seed, 90)
    services = {s.id: s for s in _services(places, seed, draw, days[0])}
    written = []
    with tempfile.TemporaryDirectory() as place:
        history = History(Path(place))
        for number, day in enumerate(days):
            if number:
                services = _next_day(services, draw, day, seed)
            taken = Snapshot(
                feed=FEED, url=_ADDRESS, schema_version="v3", taken_on=day, services=services
            )
            changes = history.keep(taken, repeated_ids=0).change_file
            if changes is not None:
                target = folder / "open-referral" / f"oruk_services_{FEED}_{day}.json"
                target.parent.mkdir(parents=True, exist_ok=True)
                written.append(Path(shutil.copyfile(changes, target)))
    return written


def _services(places: Places, seed: int, draw: np.random.Generator, day: date) -> list[Service]:
    found = []
    for number, practice in enumerate(places.practices):
        offer = _OFFERS[int(draw.integers(len(_OFFERS)))]
        found.append(_service(seed, number, offer, practice.postcode, draw, day))
    return found


def _service(
    seed: int, number: int, offer: str, postcode: str, draw: np.random.Generator, day: date
) -> Service:
    organisation = _made_up_id(seed, "organisation", number // 3)
    # Two in three were assured at some time in the last two years.
    assured = day - timedelta(days=int(draw.integers(730))) if draw.random() < 0.66 else None
    changed = day - timedelta(days=int(draw.integers(900)))
    return Service(
        id=_made_up_id(seed, "service", number),
        name=f"{offer} {number + 1}",
        status=str(draw.choice(_STATUSES, p=(0.88, 0.08, 0.04))),
        organization_id=organisation,
        organization_name=f"Example community organisation {number // 3 + 1}",
        organization_identifiers=(f"GB-CHC-99{number // 3:05d}",),
        url=f"https://directory.example.org/services/{number + 1}",
        fees="free" if draw.random() < 0.7 else "small charge",
        minimum_age=18,
        assured_date=assured.isoformat() if assured else None,
        last_modified=f"{changed.isoformat()}T09:00:00Z",
        location_type="physical",
        postal_code=postcode,
        number_of_contacts=int(draw.integers(0, 3)),
        number_of_schedules=int(draw.integers(0, 4)),
    )


def _made_up_id(seed: int, kind: str, number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{_ADDRESS}/{seed}/{kind}/{number}"))


def _next_day(
    services: dict[str, Service], draw: np.random.Generator, day: date, seed: int
) -> dict[str, Service]:
    """One service in forty goes, one in twenty is assured anew, a few are new."""
    after = {}
    for identifier, service in services.items():
        fate = draw.random()
        if fate < 0.025:
            continue
        said = {}
        if fate < 0.075:
            said = {"assured_date": f"{day}", "last_modified": f"{day}T08:00:00Z"}
        after[identifier] = service.model_copy(update=said)
    for number in range(len(services), len(services) + 1 + len(services) // 40):
        new = _service(seed, number, _OFFERS[number % len(_OFFERS)], "ZZ99 9ZZ", draw, day)
        after[new.id] = new
    return after
