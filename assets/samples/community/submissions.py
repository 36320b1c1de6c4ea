"""The community submissions: who sends which extracts, in which format, for which periods."""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl
import xlsxwriter

from assets.samples.community.champions import (
    CHAMPION_COLUMNS,
    EXCHANGE_COLUMNS,
    SESSION_COLUMNS,
    champions,
    exchanges,
    roster,
    sessions,
)
from assets.samples.community.counts import COUNT_COLUMNS, practice_counts
from assets.samples.community.engagement import (
    ENGAGEMENT_COLUMNS,
    LITERACY_COLUMNS,
    STAFF_COLUMNS,
    TRAINING_COLUMNS,
    engagements,
    literacy,
    staff_survey,
    training,
)
from assets.samples.community.envelope import (
    ENVELOPE,
    OUTCOMES_EXTRACTED_AFTER,
    Period,
    Submission,
    enveloped,
)
from assets.samples.community.grants import write_grants
from assets.samples.community.groups import (
    GROUP_COLUMNS,
    MEETING_COLUMNS,
    SEAT_COLUMNS,
    groups,
    meetings,
    rosters,
    seats,
)
from assets.samples.community.histories import histories
from assets.samples.community.organisations import PROGRAMME, organisations
from assets.samples.community.outcomes import (
    ACTIVATION_MIX,
    PROM_COLUMNS,
    WELLBEING_MIX,
    Mix,
    proms,
)
from assets.samples.community.people import People, invent_people, listed
from assets.samples.community.referrals import (
    CONTACT_COLUMNS,
    NEED_COLUMNS,
    REFERRAL_COLUMNS,
    SUPPORT_COLUMNS,
    contacts,
    needs,
    referrals,
    supports,
)
from assets.samples.community.volumes import OF_A_BOARD, Volumes
from assets.samples.country.places import Places

MONTHS = ("2025-08", "2025-09")

# Made-up organisations: charity and company numbers outside the ranges given out.
WELLBEING_PROVIDER, ACTIVATION_PROVIDER = "GB-CHC-9900001", "GB-CHC-9900002"
CHAMPIONS_PROGRAMME, TIME_BANK = PROGRAMME, "GB-CHC-9900004"
COPRODUCTION_TEAM, PRACTICES_HUB = "QZZ", "GB-NHS-99H"

# Columns of each extract behind the envelope, in the order of the layout.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "X-SPREF": REFERRAL_COLUMNS, "X-SPNEED": NEED_COLUMNS, "X-SPCON": CONTACT_COLUMNS,
    "X-SPSUP": SUPPORT_COLUMNS, "X-PROM": PROM_COLUMNS, "X-PCACT": COUNT_COLUMNS,
    "X-CHAMP": CHAMPION_COLUMNS, "X-CHACT": SESSION_COLUMNS, "X-ENG": ENGAGEMENT_COLUMNS,
    "X-DGRP": GROUP_COLUMNS, "X-DSEAT": SEAT_COLUMNS, "X-DMTG": MEETING_COLUMNS,
    "X-LIT": LITERACY_COLUMNS, "X-TRAIN": TRAINING_COLUMNS, "X-STAFF": STAFF_COLUMNS,
    "X-TBANK": EXCHANGE_COLUMNS,
}  # fmt: skip

_TIMESTAMP = "%Y-%m-%dT%H:%M:%SZ"


def write_community(
    folder: Path,
    places: Places,
    seed: int,
    months: Sequence[str] = MONTHS,
    *,
    count_months: Sequence[str] | None = None,
    volumes: Volumes = OF_A_BOARD,
    edition: int = 0,
) -> list[Path]:
    """Write the 16 community extracts and the grants into ``folder/community``; return the paths.

    Two social prescribing providers (one sends CSV, one Parquet), a champions programme, a time
    bank and a hub of practices send one file per extract and month (YYYY-MM), the last two those of
    ``count_months`` alone where they are given; the coproduction team sends one workbook per
    quarter: the last one complete in each month. ``volumes`` says how much there is of everything.
    The same arguments give the same bytes. ``edition`` 1 is the resubmission of all that: taken
    four weeks later, with what happened to the same people meanwhile, under the same file names.

    Raises:
        ValueError: when a month is not written YYYY-MM.
    """
    target = folder / "community"
    target.mkdir(parents=True, exist_ok=True)
    monthly = [Period.month(month) for month in months]
    quarterly = sorted({Period.quarter_ended_by(m) for m in months}, key=lambda p: p.start)
    half = (len(places.practices) + 1) // 2
    written = []
    providers = (
        (WELLBEING_PROVIDER, "A", places.practices[:half], WELLBEING_MIX, ".csv"),
        (ACTIVATION_PROVIDER, "B", places.practices[half:], ACTIVATION_MIX, ".parquet"),
    )
    for owner, letter, practices, mix, ending in providers:
        people = invent_people(practices, seed, owner)
        for period in monthly:
            frames = _social_prescribing(
                places, people, mix, period, volumes, seed, owner, letter, edition
            )
            written += _write_each(target, owner, period, edition, frames, ending)
    everybody = roster(places, seed, CHAMPIONS_PROGRAMME)
    for period in monthly:
        stem = f"{period.end:%y%m}"
        programme = {
            "X-CHAMP": champions(everybody, period),
            "X-CHACT": sessions(everybody, period, volumes, seed, CHAMPIONS_PROGRAMME, f"S{stem}-"),
        }
        written += _write_each(target, CHAMPIONS_PROGRAMME, period, edition, programme, ".csv")
    for period in monthly if count_months is None else map(Period.month, count_months):
        stem = f"{period.end:%y%m}"
        swaps = {"X-TBANK": exchanges(places, period, seed, TIME_BANK, f"T{stem}-")}
        written += _write_each(target, TIME_BANK, period, edition, swaps, ".csv")
        counts = {"X-PCACT": practice_counts(places, period, seed, PRACTICES_HUB)}
        written += _write_each(target, PRACTICES_HUB, period, edition, counts, ".csv")
    written += [_write_coproduction(target, places, q, volumes, seed, edition) for q in quarterly]
    return [*written, *write_grants(target, places, seed)]


def _social_prescribing(
    places: Places, people: People, mix: Mix, period: Period, volumes: Volumes, seed: int,
    owner: str, letter: str, edition: int,
) -> dict[str, pl.DataFrame]:  # fmt: skip
    """The five extracts of one provider and month, each as seen on the day it is taken."""
    # Identifiers carry provider and month, so no two submissions use one for different things.
    stem, name = f"{letter}{period.end:%y%m}", period.name
    lists = listed(places, people.practices, name)
    told = histories(people, lists, period, volumes, seed, owner, f"{stem}-R")
    until = _submission("X-SPREF", owner, period, edition).seen_until
    until_outcomes = _submission("X-PROM", owner, period, edition).seen_until
    return {
        "X-SPREF": referrals(told, owner, until),
        "X-SPNEED": needs(told, seed, owner, name),
        "X-SPCON": contacts(told, volumes, seed, owner, name, f"{stem}-C", until),
        "X-SPSUP": supports(told, seed, owner, name, f"{stem}-S", until),
        "X-PROM": proms(told, mix, volumes.asked, seed, owner, name, f"{stem}-P", until_outcomes),
    }


def _submission(extract_code: str, owner: str, period: Period, edition: int) -> Submission:
    """The submission of one extract in a file of its own; outcomes are taken later."""
    if extract_code == "X-PROM":
        return Submission.of(owner, extract_code, period, edition, after=OUTCOMES_EXTRACTED_AFTER)
    return Submission.of(owner, extract_code, period, edition)


def _write_each(
    folder: Path, owner: str, period: Period, edition: int, frames: Mapping[str, pl.DataFrame],
    ending: str,
) -> list[Path]:  # fmt: skip
    """Write one file per extract."""
    written = []
    for extract_code, rows in frames.items():
        submission = _submission(extract_code, owner, period, edition)
        frame = enveloped(rows, extract_code, submission, COLUMNS[extract_code])
        path = folder / f"{extract_code}_{owner}_{period.name}{ending}"
        if ending == ".parquet":
            frame.write_parquet(path)
        else:
            write_text(frame, path)
        written.append(path)
    return written


def write_text(frame: pl.DataFrame, path: Path) -> None:
    """Write a frame as CSV (RFC 4180, UTF-8): empty for null, true/false, 5 rather than 5.0."""
    whole = pl.selectors.float().cast(pl.String).str.strip_suffix(".0")
    frame.with_columns(whole).write_csv(path, line_terminator="\r\n", datetime_format=_TIMESTAMP)


def _write_coproduction(
    folder: Path, places: Places, period: Period, volumes: Volumes, seed: int, edition: int
) -> Path:
    """Write the workbook of the coproduction team: one sheet per extract, one submission."""
    owner, stem = COPRODUCTION_TEAM, f"{period.end:%y%m}"
    submission = Submission.of(owner, "workbook", period, edition)
    who = organisations(places, owner)
    held = rosters(who, seed, owner)
    sheets = {
        "X-ENG": engagements(who, period, volumes, seed, owner, f"E{stem}-", submission.seen_until),
        "X-DGRP": groups(held, period),
        "X-DSEAT": seats(held, period),
        "X-DMTG": meetings(held, period, seed, owner, f"M{stem}-"),
        "X-LIT": literacy(who, period, seed, owner, f"L{stem}-"),
        "X-TRAIN": training(who, period, seed, owner),
        "X-STAFF": staff_survey(who, period, seed, owner),
    }
    path = folder / f"{owner}_{period.name}.xlsx"
    with xlsxwriter.Workbook(path) as book:
        # The library stamps the time of writing unless told otherwise.
        book.set_properties({"created": dt.datetime.combine(submission.extracted_on, dt.time(6))})
        for extract_code, rows in sheets.items():
            frame = enveloped(rows, extract_code, submission, COLUMNS[extract_code])
            # A workbook knows no time zone, so the moment of extraction is text.
            moment = pl.col(ENVELOPE[-1]).dt.to_string(_TIMESTAMP)
            frame.with_columns(moment).write_excel(book, extract_code)
    return path
