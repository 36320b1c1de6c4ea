"""The GP Patient Survey files: one row per practice, one for the board, one for England.

Each level is weighted on its own, so practice rows do not add up to the board. The printed
limits of practices carry the defect found in the real 2025 file: their effective size is taken
from weights that do not average one inside the practice.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assets.samples.places import BOARD, REGION, Places, Practice, first_of, stream
from assets.samples.published_csv import write_csv
from assets.samples.questionnaire import (
    ICS_COLUMNS,
    LEAST_BASE,
    LEAST_SMALL_COUNT,
    PRACTICE_COLUMNS,
    QUESTIONS,
    SENSITIVE_STEMS,
    SMALL_ORGANISATION,
    Question,
    header,
)
from assets.samples.respondents import Flags, Floats, Integers, Respondents, ask

YEARS = (2024, 2025)
SUPPRESSED, BELOW_HALF_PERCENT, NO_LIMIT = "-97", "-98", "-99"
_Z = 1.959963984540054
# Effective size over respondents once a level is weighted, as in the real files.
_BOARD_EFFICIENCY, _ENGLAND_EFFICIENCY = 0.66, 0.45


@dataclass(frozen=True, slots=True)
class _Level:
    """How the rows of a level come about: weight per respondent and where each row starts."""

    weights: Floats
    starts: Integers
    population: Integers
    keeps_mean_weight: bool


def write_survey(folder: Path, places: Places, seed: int) -> list[Path]:
    """Write the practice, ICS and National file of each year; one row per organisation."""
    written = []
    for wave, year in enumerate(YEARS):
        # Practices count with the network they are in when fieldwork ends.
        practices = tuple(p for p in places.practices if f"{year}-01" in p.list_sizes)
        population = np.array([p.list_sizes[f"{year}-01"] for p in practices], dtype=np.int64)
        shift = 0.10 + 0.08 * wave
        people = ask(practices, population, stream(seed, 10 + wave), shift)
        written += _write_year(folder / "gpps", year, practices, population, people)
    return written


def _write_year(
    folder: Path, year: int, practices: tuple[Practice, ...], population: Integers,
    people: Respondents,
) -> list[Path]:  # fmt: skip
    """Write the three files of one year."""
    one = np.zeros(1, dtype=np.int64)
    everybody = population.sum(keepdims=True)
    sent, back = people.distributed.sum(keepdims=True), people.received.sum(keepdims=True)
    board_weights = _weighted_to(people.design, _BOARD_EFFICIENCY) * 0.97
    england_weights = _weighted_to(people.design, _ENGLAND_EFFICIENCY)
    fieldwork_ended = first_of(f"{year}-04")
    files = {
        "Practice": (
            PRACTICE_COLUMNS,
            [_practice_cells(practice, fieldwork_ended) for practice in practices],
            (people.distributed, people.received),
            _Level(people.design, people.starts, population, keeps_mean_weight=True),
        ),
        "ICS": (
            ICS_COLUMNS,
            [_board_cells()],
            (sent, back),
            _Level(board_weights, one, everybody, keeps_mean_weight=False),
        ),
        "National": (
            ("national",),
            [["1"]],
            (sent, back),
            _Level(england_weights, one, everybody, keeps_mean_weight=False),
        ),
    }
    written = []
    for name, (identifiers, cells, (distributed, received), level) in files.items():
        blocks = [_tabulate(question, people.answers[question.stem], level)
                  for question in QUESTIONS]  # fmt: skip
        rows = [header(identifiers)]
        for i, cell in enumerate(cells):
            response = [str(distributed[i]), str(received[i]), number(received[i] / distributed[i])]
            asked = [text for block in blocks for text in block[i]]
            rows.append([*cell, *response, *asked, str(level.population[i])])
        file_name = f"GPPS_{year}_{name}_data_(weighted)_(csv)_PUBLIC.csv"
        written.append(write_csv(folder / file_name, rows))
    return written


def _board_cells() -> list[str]:
    """Identifiers of the board; the survey calls it an integrated care system, in capitals."""
    system = BOARD.name.removeprefix("NHS ").replace("Board", "System").upper()
    region = f"{REGION.name} Commissioning Region".upper()
    return [BOARD.code, system, BOARD.ons_code, REGION.code, region]


def _practice_cells(practice: Practice, on: str) -> list[str]:
    """Identifiers of a practice; without a network the survey prints one space, not nothing."""
    network = practice.network_on(on)
    named = [network.code, network.name.upper()] if network else [" ", " "]
    return [practice.code, practice.name.upper(), *_board_cells(), *named]


def number(value: float) -> str:
    """Print a number as the survey does: eleven characters at most, leading zero, no trailing."""
    whole = len(str(int(value)))
    return f"{value:.{max(10 - whole, 0)}f}".rstrip("0").rstrip(".")


def _weighted_to(design: Floats, efficiency: float) -> Floats:
    """Stretch or squeeze weights until the effective size is this share of the respondents."""
    low, high = 0.0, 4.0
    for _ in range(50):
        middle = (low + high) / 2
        weights = design**middle
        if weights.sum() ** 2 / (weights**2).sum() / len(weights) > efficiency:
            low = middle
        else:
            high = middle
    weights = design**low
    return np.asarray(weights * len(weights) / weights.sum(), dtype=np.float64)


def _tabulate(question: Question, sheet: Flags, level: _Level) -> list[list[str]]:
    """Cells of one question, one list per organisation in the order of ``columns``."""
    answered: Flags = np.asarray(sheet.any(axis=1), dtype=np.bool_)
    outside = np.array(question.outside, dtype=np.int64) - 1
    evaluated = answered & ~sheet[:, outside].any(axis=1)
    weights = level.weights

    def total(values: Floats | Flags) -> Floats:
        return np.asarray(np.add.reduceat(values.astype(np.float64), level.starts, axis=0))

    counts = total(sheet * weights[:, None])
    plain = total(sheet).astype(np.int64)
    full, evaluated_base = total(answered * weights), total(evaluated * weights)
    full_plain = total(answered).astype(np.int64)
    evaluated_plain = total(evaluated).astype(np.int64)
    with np.errstate(divide="ignore", invalid="ignore"):
        effective = full**2 / total(answered * weights**2)
        if level.keeps_mean_weight:
            effective = effective * (full_plain / full) ** 2

    rows = []
    for i in range(len(level.starts)):
        block = _Block(
            question, counts[i], full[i], evaluated_base[i], int(full_plain[i]),
            int(evaluated_plain[i]), float(effective[i]),
            _withheld(question, plain[i], int(level.population[i])),
        )  # fmt: skip
        rows.append(block.cells())
    return rows


def _withheld(question: Question, plain: Integers, population: int) -> frozenset[int]:
    """Options (1-based) a small organisation withholds: counts of 1 to 4, and the next lowest."""
    if population > SMALL_ORGANISATION or question.stem not in SENSITIVE_STEMS:
        return frozenset()
    low = [n for n, count in enumerate(plain, 1) if 0 < count < LEAST_SMALL_COUNT]
    if len(low) == 1:
        others = [(count, n) for n, count in enumerate(plain, 1) if count >= LEAST_SMALL_COUNT]
        low += [min(others)[1]] if others else []
    return frozenset(low)


@dataclass(frozen=True, slots=True)
class _Block:
    """One question of one organisation: weighted counts and bases, before any sentinel."""

    question: Question
    counts: Floats
    full: float
    evaluated: float
    full_plain: int
    evaluated_plain: int
    effective: float
    withheld: frozenset[int]

    def cells(self) -> list[str]:
        """Cells in the order of ``columns``, sentinels in place.

        The full bases stay visible where everything else is suppressed.
        """
        question = self.question
        hidden = min(self.full_plain, self.evaluated_plain) < LEAST_BASE
        # A headline over withheld options would give them away.
        no_headline = hidden or bool(self.withheld)
        options = range(1, question.options + 1)
        headlines = [h for h in (question.headline, question.second_headline) if h]
        cells = [SUPPRESSED if hidden or n in self.withheld else number(self.counts[n - 1])
                 for n in options]  # fmt: skip
        cells += [SUPPRESSED if no_headline else number(self._positive(h)) for h in headlines]
        cells += [
            str(self.full_plain),
            SUPPRESSED if hidden else str(self.evaluated_plain),
            number(self.full),
            SUPPRESSED if hidden else number(self.evaluated),
        ]
        for n in options:
            base = self.full if n in question.outside else self.evaluated
            gone = hidden or n in self.withheld
            cells.append(SUPPRESSED if gone else _share(self.counts[n - 1] / base))
        for headline in headlines:
            cells += _no_headline() if no_headline else self._headline(headline)
        return cells

    def _positive(self, headline: tuple[int, ...]) -> float:
        """Weighted count of the positive options."""
        return float(sum(self.counts[n - 1] for n in headline))

    def _headline(self, headline: tuple[int, ...]) -> list[str]:
        """Share and its limits (Wilson with the effective size)."""
        # Adding up floats may pass one by a hair.
        p = min(self._positive(headline) / self.evaluated, 1.0)
        share = _share(p)
        if share == BELOW_HALF_PERCENT:
            return [share, NO_LIMIT, NO_LIMIT]
        n, square = self.effective, _Z**2
        middle, spread = p + square / (2 * n), _Z * np.sqrt(p * (1 - p) / n + square / (4 * n * n))
        low, high = (middle - spread) / (1 + square / n), (middle + spread) / (1 + square / n)
        return [share, number(min(max(low, 0.0), p)), number(max(min(high, 1.0), p))]


def _no_headline() -> list[str]:
    """Headline and limits of a suppressed result."""
    return [SUPPRESSED, NO_LIMIT, NO_LIMIT]


def _share(value: float) -> str:
    """A share between 0 and 1; above nothing and under half a per cent only as a code."""
    return BELOW_HALF_PERCENT if 0 < value < 0.005 else number(value)
