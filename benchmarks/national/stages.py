"""What the stages of a night took, from when its steps ran and from samples of its processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.national.processes import Sample

# Starting, ending, and what Dagster does between steps: with it the stages add up to the night.
OUTSIDE_STEPS = "outside steps"


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a night: from when to when, in seconds since 1970, and what it is for.

    ``rows`` are those of the tables that it left; None where it says of none.
    """

    name: str
    stage: str
    began: float
    ended: float
    rows: int | None = None

    @property
    def seconds(self) -> float:
        """Wall time of the step."""
        return self.ended - self.began


@dataclass(frozen=True, slots=True)
class Use:
    """What a stage took, all processes of the night together.

    ``seconds`` are wall time. ``peak_together_mb`` is the most memory that the processes held at
    once; it and what they asked to read and write are in megabytes of a million bytes. ``rows`` are
    those of the tables that the stage left; None where it says of none.
    """

    seconds: float
    cpu_seconds: float
    peak_together_mb: float
    read_mb: float
    written_mb: float
    rows: int | None

    def __add__(self, other: Use) -> Use:
        """What a stage took in two spans of time."""
        known = [rows for rows in (self.rows, other.rows) if rows is not None]
        return Use(
            seconds=self.seconds + other.seconds,
            cpu_seconds=self.cpu_seconds + other.cpu_seconds,
            peak_together_mb=max(self.peak_together_mb, other.peak_together_mb),
            read_mb=self.read_mb + other.read_mb,
            written_mb=self.written_mb + other.written_mb,
            rows=sum(known) if known else None,
        )


def use_by_stage(steps: Iterable[Step], samples: Sequence[Sample]) -> dict[str, Use]:
    """What each stage took, the longest first.

    Steps of a night run one after the other: what its processes use meanwhile, a step uses.
    """
    clock = _Clock(samples)
    stages: dict[str, Use] = {}
    for span in _without_gaps(steps, samples[0].at, samples[-1].at):
        use = clock.use_in(span)
        stages[span.stage] = stages[span.stage] + use if span.stage in stages else use
    return dict(sorted(stages.items(), key=lambda stage: -stage[1].seconds))


def table(stages: Mapping[str, Use]) -> Iterator[str]:
    """Lines of a table for people, one of them for each stage."""
    yield (
        f"{'stage':<20}{'seconds':>9}{'CPU s':>9}{'peak MB':>9}{'read MB':>9}{'written MB':>12}"
        f"{'rows':>14}"
    )
    for stage, use in stages.items():
        rows = "" if use.rows is None else f"{use.rows:,}"
        yield (
            f"{stage:<20}{use.seconds:>9,.1f}{use.cpu_seconds:>9,.1f}{use.peak_together_mb:>9,.0f}"
            f"{use.read_mb:>9,.0f}{use.written_mb:>12,.0f}{rows:>14}"
        ).rstrip()


def _without_gaps(steps: Iterable[Step], began: float, ended: float) -> Iterator[Step]:
    """The steps in order of time, and between them what belongs to none."""
    told_until = began
    for step in sorted(steps, key=lambda step: step.began):
        if step.began > told_until:
            yield Step(OUTSIDE_STEPS, OUTSIDE_STEPS, told_until, step.began)
        yield step
        told_until = step.ended
    yield Step(OUTSIDE_STEPS, OUTSIDE_STEPS, told_until, ended)


class _Clock:
    """Tells what was used between any two moments; between samples it is taken to grow evenly."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        self._at = np.array([each.at for each in samples])
        self._memory = np.array([each.memory_bytes for each in samples], dtype=float)
        self._cpu = _growing([each.cpu_seconds for each in samples])
        self._read = _growing([each.read_bytes for each in samples])
        self._written = _growing([each.written_bytes for each in samples])

    def use_in(self, span: Step) -> Use:
        """What was used while a step ran."""
        meanwhile = self._memory[(self._at >= span.began) & (self._at <= span.ended)]
        # A step may be over before the next sample.
        at_bounds = np.interp([span.began, span.ended], self._at, self._memory)
        return Use(
            seconds=span.seconds,
            cpu_seconds=self._grown(self._cpu, span),
            peak_together_mb=float(max(*at_bounds, *meanwhile)) / 1e6,
            read_mb=self._grown(self._read, span) / 1e6,
            written_mb=self._grown(self._written, span) / 1e6,
            rows=span.rows,
        )

    def _grown(self, counted: NDArray[np.float64], span: Step) -> float:
        before, after = np.interp([span.began, span.ended], self._at, counted)
        return float(after - before)


def _growing(counted: Sequence[float]) -> NDArray[np.float64]:
    """A count that never falls: a process that ends while it is read is missing in one sample."""
    return np.maximum.accumulate(np.array(counted, dtype=float))
