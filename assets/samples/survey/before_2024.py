"""The GP Patient Survey of 2018 to 2023, practice files: another questionnaire, another series.

Columns are question numbers: counts and weighted bases of all, then shares, then limits.
Areas and the case of the names changed over the years.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assets.samples.country.areas import Parents
from assets.samples.country.places import Places, Practice, stream
from assets.samples.months import first_of
from assets.samples.periods import Periods
from assets.samples.published.published_csv import write_csv
from assets.samples.survey.questionnaire import QUESTIONS
from assets.samples.survey.respondents import Respondents, ask
from assets.samples.survey.since_2024 import forms
from assets.samples.survey.tables import (
    NO_LIMIT,
    SUPPRESSED,
    Result,
    level_of,
    number,
    tabulate,
)

# Since 2022 practices stand in networks and care systems; before, in CCGs and partnerships.
NETWORKS_SINCE = 2022
OLDER_IDENTIFIERS = (
    "Practice_Code", "Practice_Name", "CR_Code", "CR_Name", "STP_Code", "STP_Code_ONS", "STP_Name",
    "CCG_Code", "CCG_Code_ONS", "CCG_Name",
)  # fmt: skip
IDENTIFIERS = (
    "practice_code", "practice_name", "pcn_code", "pcn_name", "ics_code", "ics_code_ons",
    "ics_name", "cr_code", "cr_name",
)  # fmt: skip
RESPONSE_COLUMNS = ("distributed", "received", "resprate")


@dataclass(frozen=True, slots=True)
class OlderQuestion:
    """A question number and the later question whose answers stand in for it.

    ``options`` are the option numbers in the order of the file, where they differ from 1, 2, 3.
    """

    code: str
    stem: str
    options: tuple[int, ...] = ()


# In the order of the published header. Questions without a like in the later one are left out.
OLDER_QUESTIONS = (
    OlderQuestion("q9", "localgpservicesprefhpsee"),
    OlderQuestion("q18", "gpcontactoverall"),
    OlderQuestion("q86b", "lastgpapptlisten"),
    OlderQuestion("q86e", "lastgpapptcare"),
    OlderQuestion("q88", "lastgpapptdecision"),
    OlderQuestion("q89", "lastgpapptconf"),
    OlderQuestion("q90", "lastgpapptneeds"),
    OlderQuestion("q28", "overallexp"),
    OlderQuestion("q91", "healthexperienced"),
    OlderQuestion("q30_recoded", "healthconditionre"),
    OlderQuestion("q31", "healthltcondition",
                  (1, 3, 21, 5, 4, 6, 7, 8, 2, 10, 11, 19, 14, 15, 20, 16, 17)),
    OlderQuestion("q93", "healthimpact"),
    OlderQuestion("q94", "healthconfidence"),
    OlderQuestion("q32", "healthsupport"),
    OlderQuestion("q96", "healthconversation"),
    OlderQuestion("q97", "healthcareplan"),
    OlderQuestion("q98", "healthcareplanhelpful"),
    OlderQuestion("q56", "aboutyoucarer"),
)  # fmt: skip
_BY_STEM = {question.stem: question for question in QUESTIONS}


def older_columns() -> list[str]:
    """Return the column names of all questions, in lower case: counts, shares, limits."""
    counts, shares, limits = [], [], []
    for older in OLDER_QUESTIONS:
        question = _BY_STEM[older.stem]
        options = [str(n) for n in older.options or range(1, question.options + 1)]
        summary = ["".join(map(str, question.headline))] if len(question.headline) > 1 else []
        # The base of a recoded question has an underscore before it.
        counts.append(f"{older.code}_base" if "_" in older.code else f"{older.code}base")
        if question.outside:
            counts.append(f"{older.code}_{''.join(map(str, question.evaluated))}base")
        counts += [f"{older.code}_{option}" for option in [*options, *summary]]
        shares += [f"{older.code}_{option}pct" for option in [*options, *summary]]
        if question.headline:
            limits += [f"{older.code}ci_{side}_wil" for side in ("lower", "upper")]
    return [*counts, *shares, *limits]


def write_older_survey(folder: Path, places: Places, periods: Periods, seed: int) -> list[Path]:
    """Write the practice file of each year."""
    written = []
    for year in periods.older_survey_years:
        practices = places.listed_in(f"{year}-01")
        population = np.array([p.list_sizes[f"{year}-01"] for p in practices], dtype=np.int64)
        # Experience fell from year to year.
        people = ask(practices, population, stream(seed, 40 + year), 0.45 - 0.06 * (year - 2018))
        name = f"GPPS_{year}_Practice_data_(weighted)_(csv)_PUBLIC.csv"
        rows = _rows(year, places, practices, people, population)
        written.append(write_csv(folder / "gpps" / name, rows))
    return written


def _rows(
    year: int, places: Places, practices: tuple[Practice, ...], people: Respondents,
    population: np.ndarray[tuple[int], np.dtype[np.int64]],
) -> list[list[str]]:  # fmt: skip
    """Header and one row per practice."""
    day = first_of(f"{year}-04")
    above = places.parents_on(day)
    own = np.arange(len(practices))
    level = level_of(people, own, people.design, population)
    results = [
        tabulate(_BY_STEM[older.stem], people.answers[older.stem], level)
        for older in OLDER_QUESTIONS
    ]
    distributed, received = forms(people, own)
    newer = year >= NETWORKS_SINCE
    asked = older_columns() if newer else [name.replace("q", "Q", 1) for name in older_columns()]
    rows = [[*(IDENTIFIERS if newer else OLDER_IDENTIFIERS), *RESPONSE_COLUMNS, *asked]]
    for i, practice in enumerate(practices):
        who = (_identifiers if newer else _older_identifiers)(
            practice, above[practice.sub_icb.code], day
        )
        response = [str(distributed[i]), str(received[i]), number(received[i] / distributed[i])]
        parts = [_cells(of_question[i]) for of_question in results]
        rows.append(
            [*who, *response, *(text for kind in range(3) for p in parts for text in p[kind])]
        )
    return rows


def _identifiers(practice: Practice, parents: Parents, day: str) -> list[str]:
    """Identifiers since 2022; a dash for no network."""
    network, board, region = practice.network_on(day), parents.board, parents.region
    named = [network.code, network.name.upper()] if network else ["-", "-"]
    return [
        practice.code, practice.name.upper(), *named, board.code, board.ons_code,
        board.name.upper(), region.code, region.name.upper(),
    ]  # fmt: skip


def _older_identifiers(practice: Practice, parents: Parents, _day: str) -> list[str]:
    """Identifiers until 2021."""
    board, region, own = parents.board, parents.region, parents.sub_icb
    return [
        practice.code, practice.name.upper(), region.code, region.name.upper(), board.code,
        board.ons_code, board.name.upper(), own.code, own.ons_code, own.name.upper(),
    ]  # fmt: skip


def _cells(result: Result) -> tuple[list[str], list[str], list[str]]:
    """Counts, shares and limits of one question of one practice."""
    question, hidden = result.question, result.hidden
    options = range(1, question.options + 1)
    counts = [number(result.full)]
    if question.outside:
        counts.append(SUPPRESSED if hidden else number(result.evaluated))
    values = [float(result.counts[n - 1]) for n in options]
    bases = [result.full if n in question.outside else result.evaluated for n in options]
    if len(question.headline) > 1:
        values.append(result.positive(question.headline))
        bases.append(result.evaluated)
    withheld = [hidden or n in result.withheld for n in options]
    # A summary over withheld options would give them away.
    withheld += [hidden or bool(result.withheld)] * (len(values) - len(withheld))
    shown = list(zip(values, bases, withheld, strict=True))
    counts += [SUPPRESSED if gone else number(value) for value, _, gone in shown]
    shares = [SUPPRESSED if gone else number(min(value / base, 1.0)) for value, base, gone in shown]
    if not question.headline:
        return counts, shares, []
    if hidden or result.withheld:
        return counts, shares, [NO_LIMIT, NO_LIMIT]
    _, low, high = result.limits(question.headline)
    return counts, shares, [number(low), number(high)]
