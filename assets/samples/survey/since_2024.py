"""The GP Patient Survey from 2024: files of practices, networks, systems, regions and England.

Each level is weighted on its own, so practice rows do not add up to the board. The printed
limits of practices carry the defect found in the real 2025 file: their effective size is taken
from weights that do not average one inside the practice.
"""

from pathlib import Path

import numpy as np

from assets.samples.country.areas import Parents
from assets.samples.country.places import Places, Practice, stream
from assets.samples.months import first_of
from assets.samples.periods import Periods
from assets.samples.published.published_csv import write_csv
from assets.samples.survey.questionnaire import (
    ICS_COLUMNS,
    NETWORK_COLUMNS,
    PRACTICE_COLUMNS,
    QUESTIONS,
    REGION_COLUMNS,
    header,
)
from assets.samples.survey.respondents import Integers, Respondents, ask
from assets.samples.survey.tables import Level, level_of, number, tabulate, weighted_to

# Effective size over respondents once a level is weighted, as in the real files.
_BOARD_EFFICIENCY, _REGION_EFFICIENCY, _ENGLAND_EFFICIENCY = 0.66, 0.55, 0.45


def write_survey(folder: Path, places: Places, periods: Periods, seed: int) -> list[Path]:
    """Write the Practice, PCN, ICS, Region and National file of each year."""
    written = []
    for year in periods.survey_years:
        wave = year - 2024
        # Practices count with the network they are in when fieldwork ends.
        practices = places.listed_in(f"{year}-01")
        population = np.array([p.list_sizes[f"{year}-01"] for p in practices], dtype=np.int64)
        shift = 0.10 + 0.08 * wave
        people = ask(practices, population, stream(seed, 10 + wave), shift)
        written += _write_year(folder / "gpps", year, places, practices, population, people)
    return written


def numbered(keys: list[str]) -> tuple[Integers, list[str]]:
    """Return the row of each key and the keys in order of first appearance; '' has row -1."""
    kept = [key for key in dict.fromkeys(keys) if key]
    row = {key: position for position, key in enumerate(kept)} | {"": -1}
    return np.array([row[key] for key in keys], dtype=np.int64), kept


def _write_year(
    folder: Path, year: int, places: Places, practices: tuple[Practice, ...],
    population: Integers, people: Respondents,
) -> list[Path]:  # fmt: skip
    """Write the five files of one year."""
    ended = first_of(f"{year}-04")
    above = places.parents_on(ended)
    parents = [above[practice.sub_icb.code] for practice in practices]
    networks = [practice.network_on(ended) for practice in practices]
    by_network = {network.code: (network, above[network.lead.code]) for network in networks
                  if network}  # fmt: skip
    network_row, network_codes = numbered([network.code if network else "" for network in networks])
    board_row, boards = numbered([held.board.code for held in parents])
    region_row, regions = numbered([held.region.code for held in parents])
    by_board = {held.board.code: held for held in parents}
    by_region = {held.region.code: held for held in parents}
    own = np.arange(len(practices))
    board_weights = weighted_to(people.design, _BOARD_EFFICIENCY) * 0.97
    region_weights = weighted_to(people.design, _REGION_EFFICIENCY) * 0.985
    england_weights = weighted_to(people.design, _ENGLAND_EFFICIENCY)
    files = {
        "Practice": (
            PRACTICE_COLUMNS,
            [
                [practice.code, practice.name.upper(), *_board_cells(held),
                 # Without a network the survey prints one space, not nothing.
                 *((network.code, network.name.upper()) if network else (" ", " "))]
                for practice, held, network in zip(practices, parents, networks, strict=True)
            ],
            own,
            level_of(people, own, people.design, population, keeps_mean_weight=True),
        ),
        "PCN": (
            NETWORK_COLUMNS,
            [
                [code, by_network[code][0].name.upper(), *_board_cells(by_network[code][1])]
                for code in network_codes
            ],
            network_row,
            level_of(people, network_row, board_weights, population),
        ),
        "ICS": (
            ICS_COLUMNS,
            [_board_cells(by_board[code]) for code in boards],
            board_row,
            level_of(people, board_row, board_weights, population),
        ),
        "Region": (
            REGION_COLUMNS,
            [_board_cells(by_region[code])[3:] for code in regions],
            region_row,
            level_of(people, region_row, region_weights, population),
        ),
        "National": (
            ("national",),
            [["1"]],
            np.zeros_like(own),
            level_of(people, np.zeros_like(own), england_weights, population),
        ),
    }  # fmt: skip
    written = []
    for name, (identifiers, cells, row_of, level) in files.items():
        rows = [header(identifiers), *_rows(people, cells, row_of, level)]
        file_name = f"GPPS_{year}_{name}_data_(weighted)_(csv)_PUBLIC.csv"
        written.append(write_csv(folder / file_name, rows))
    return written


def forms(people: Respondents, row_of: Integers) -> tuple[Integers, Integers]:
    """Return forms distributed and received per row."""
    inside = row_of >= 0
    sent, back = (
        np.bincount(row_of[inside], forms[inside]).astype(np.int64)
        for forms in (people.distributed, people.received)
    )
    return sent, back


def _rows(
    people: Respondents, cells: list[list[str]], row_of: Integers, level: Level
) -> list[list[str]]:
    """One row per organisation: who it is, response, every question, population."""
    results = [tabulate(question, people.answers[question.stem], level) for question in QUESTIONS]
    distributed, received = forms(people, row_of)
    rows = []
    for i, cell in enumerate(cells):
        response = [str(distributed[i]), str(received[i]), number(received[i] / distributed[i])]
        asked = [text for of_question in results for text in of_question[i].cells()]
        rows.append([*cell, *response, *asked, str(level.population[i])])
    return rows


def _board_cells(parents: Parents) -> list[str]:
    """Identifiers of a board; the survey calls it an integrated care system, in capitals."""
    board, region = parents.board, parents.region
    system = board.name.removeprefix("NHS ").replace("Board", "System").upper()
    region_name = f"{region.name} Commissioning Region".upper()
    return [board.code, system, board.ons_code, region.code, region_name]
