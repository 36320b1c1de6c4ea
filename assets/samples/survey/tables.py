"""Results of one survey question per organisation: weighted counts, bases, limits, sentinels."""

from dataclasses import dataclass

import numpy as np

from assets.samples.survey.questionnaire import (
    LEAST_BASE,
    LEAST_SMALL_COUNT,
    SENSITIVE_STEMS,
    SMALL_ORGANISATION,
    Question,
)
from assets.samples.survey.respondents import Flags, Floats, Integers, Respondents

SUPPRESSED, BELOW_HALF_PERCENT, NO_LIMIT = "-97", "-98", "-99"
_Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Level:
    """How the rows of a level come about.

    ``order`` are the respondents of all rows, row after row, ``starts`` where each row begins in
    it, ``weights`` one per entry of ``order``, ``population`` registered patients per row.
    """

    order: Integers
    starts: Integers
    weights: Floats
    population: Integers
    keeps_mean_weight: bool = False


def level_of(
    people: Respondents, row_of: Integers, weights: Floats, population: Integers,
    *, keeps_mean_weight: bool = False,
) -> Level:  # fmt: skip
    """Gather respondents into rows: ``row_of`` is the row of each practice, -1 for none.

    ``weights`` is one per respondent and ``population`` one per practice. Rows are 0, 1, 2, ...
    """
    row = np.repeat(row_of, people.received)
    order = np.argsort(row, kind="stable")
    order = order[row[order] >= 0]
    rows = int(row_of.max()) + 1
    inside = row_of >= 0
    return Level(
        order,
        np.searchsorted(row[order], np.arange(rows)).astype(np.int64),
        weights[order],
        np.bincount(row_of[inside], population[inside], rows).astype(np.int64),
        keeps_mean_weight,
    )


def number(value: float) -> str:
    """Print a number as the survey does: eleven characters at most, leading zero, no trailing."""
    whole = len(str(int(value)))
    return f"{value:.{max(10 - whole, 0)}f}".rstrip("0").rstrip(".")


def weighted_to(design: Floats, efficiency: float) -> Floats:
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


def tabulate(question: Question, sheet: Flags, level: Level) -> list["Result"]:
    """Return the result of one question for each row of a level."""
    sheet = sheet[level.order]
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
        result = Result(
            question, counts[i], full[i], evaluated_base[i], int(full_plain[i]),
            int(evaluated_plain[i]), float(effective[i]),
            _withheld(question, plain[i], int(level.population[i])),
        )  # fmt: skip
        rows.append(result)
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
class Result:
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
        question, hidden = self.question, self.hidden
        # A headline over withheld options would give them away.
        no_headline = hidden or bool(self.withheld)
        options = range(1, question.options + 1)
        headlines = [h for h in (question.headline, question.second_headline) if h]
        cells = [SUPPRESSED if hidden or n in self.withheld else number(self.counts[n - 1])
                 for n in options]  # fmt: skip
        cells += [SUPPRESSED if no_headline else number(self.positive(h)) for h in headlines]
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

    @property
    def hidden(self) -> bool:
        """Whether too few answered for any result."""
        return min(self.full_plain, self.evaluated_plain) < LEAST_BASE

    def positive(self, headline: tuple[int, ...]) -> float:
        """Weighted count of the positive options."""
        return float(sum(self.counts[n - 1] for n in headline))

    def limits(self, headline: tuple[int, ...]) -> tuple[float, float, float]:
        """Return the share of the positive options and its limits (Wilson, effective size)."""
        # Adding up floats may pass one by a hair.
        p = min(self.positive(headline) / self.evaluated, 1.0)
        n, square = self.effective, _Z**2
        middle, spread = p + square / (2 * n), _Z * np.sqrt(p * (1 - p) / n + square / (4 * n * n))
        low, high = (middle - spread) / (1 + square / n), (middle + spread) / (1 + square / n)
        return p, min(max(low, 0.0), p), max(min(high, 1.0), p)

    def _headline(self, headline: tuple[int, ...]) -> list[str]:
        """Share and its limits as published."""
        p, low, high = self.limits(headline)
        share = _share(p)
        if share == BELOW_HALF_PERCENT:
            return [share, NO_LIMIT, NO_LIMIT]
        return [share, number(low), number(high)]


def _no_headline() -> list[str]:
    """Headline and limits of a suppressed result."""
    return [SUPPRESSED, NO_LIMIT, NO_LIMIT]


def _share(value: float) -> str:
    """A share between 0 and 1; above nothing and under half a per cent only as a code."""
    return BELOW_HALF_PERCENT if 0 < value < 0.005 else number(value)
