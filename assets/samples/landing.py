"""A whole landing folder of synthetic extracts, and the manifest that says so."""

import re
from pathlib import Path

import yaml

from assets.samples.community.directory_services import FEED, write_directory_services
from assets.samples.community.local_organisations import write_local_organisations
from assets.samples.community.submissions import write_community
from assets.samples.community.volumes import OF_A_BOARD, Volumes
from assets.samples.country.ages import Integers, people_by_age, write_ages
from assets.samples.country.places import LATEST_MONTH, Places, invent
from assets.samples.country.small_areas import invent_small_areas
from assets.samples.periods import Periods, few_periods
from assets.samples.published.appointments import write_appointments
from assets.samples.published.commissioner_memberships import write_commissioner_memberships
from assets.samples.published.directories import write_directories
from assets.samples.published.fingertips import write_fingertips
from assets.samples.published.health_budgets import write_health_budgets
from assets.samples.published.network_service import write_network_service
from assets.samples.published.payments import write_payments
from assets.samples.published.quality_achievement import write_achievement
from assets.samples.published.quality_framework import (
    Registers,
    write_geography_map,
    write_prevalence,
)
from assets.samples.published.registers import write_registers
from assets.samples.published.small_area_files import write_small_area_files
from assets.samples.published.wellbeing import write_wellbeing
from assets.samples.published.workforce import write_workforce
from assets.samples.survey.before_2024 import write_older_survey
from assets.samples.survey.since_2024 import write_survey

REASON = "made-up board for trying the platform out"


def write_landing(
    folder: Path, *, practices: int = 60, seed: int = 20240401, until: str = LATEST_MONTH,
    periods: Periods | None = None, volumes: Volumes = OF_A_BOARD,
) -> list[Path]:  # fmt: skip
    """Write every extract and ``landing.yml`` into a folder and return the paths, manifest last.

    The same seed and size give the same bytes, whatever the day or the machine's clock.
    ``practices`` is 5 (one network) to 7,000 (England has 6,300). ``until`` (YYYY-MM) adds later
    editions; boards change in April 2026. ``periods`` says which editions, by default a few,
    and ``volumes`` how much community providers send. Files of an earlier run are overwritten.
    """
    periods = periods or few_periods(until)
    places = invent(practices, seed, until)
    ages = people_by_age(places, seed)
    small_areas = invent_small_areas(places, seed)
    quality, registers = _write_quality_framework(folder, places, periods, ages, seed)
    written = [
        *write_survey(folder, places, periods, seed),
        *write_older_survey(folder, places, periods, seed),
        *write_directories(folder, places, periods),
        *write_commissioner_memberships(folder, places, periods),
        *write_registers(folder, places, periods),
        *write_ages(folder, places, periods, ages),
        *quality,
        *write_workforce(folder, places, periods, seed),
        *write_network_service(folder, places, periods, seed),
        *write_small_area_files(folder, places, small_areas, periods, seed),
        *write_wellbeing(folder, small_areas, seed),
        *write_appointments(folder, places, periods, seed),
        *write_payments(folder, places, periods, seed),
        *write_health_budgets(folder, places, periods, seed),
        *write_fingertips(folder, places, small_areas, registers, seed),
        *write_community(
            folder,
            places,
            seed,
            periods.community_months,
            count_months=periods.local_count_months,
            volumes=volumes,
        ),
        write_local_organisations(folder),
        *write_directory_services(folder, places, seed),
    ]
    return [*written, _write_manifest(folder, written)]


def _write_quality_framework(
    folder: Path, places: Places, periods: Periods, ages: dict[str, Integers], seed: int
) -> tuple[list[Path], dict[int, Registers]]:
    """Write registers, geography, achievement, indicators and exceptions of each year.

    Returns the paths, and the registers by year.
    """
    written = []
    found = {}
    for year in periods.quality_years:
        path, registers = write_prevalence(folder, places, year, ages, seed)
        written += [path, write_geography_map(folder, places, year)]
        written += write_achievement(folder, places, year, registers, seed)
        found[year] = registers
    return written, found


def _write_manifest(folder: Path, written: list[Path]) -> Path:
    """Declare each file synthetic, with the period where its name does not say it."""
    entries = []
    for path in written:
        match = path.relative_to(folder).as_posix()
        entry: dict[str, str | bool] = {"match": match}
        period = _period(path)
        if period:
            entry["period"] = period
        if path.parent.name == "open-referral":
            # The day is in the name; whose directory it is only the operator knows.
            entry["submitter"] = FEED
        entries.append({**entry, "synthetic": True, "reason": REASON})
    manifest = folder / "landing.yml"
    text = yaml.safe_dump({"files": entries}, sort_keys=False, width=100)
    manifest.write_text("# What the files cannot say of themselves.\n" + text, newline="\n")
    return manifest


def _period(path: Path) -> str | None:
    """Period of a file whose name does not end in one: survey year or financial year."""
    if path.name.startswith("GPPS_"):
        return path.name.split("_")[1]
    years = re.search(r"_(\d\d)(\d\d)\.csv$", path.name)
    if path.parent.name == "qof" and years:
        return f"20{years[1]}/{years[2]}"
    return None
