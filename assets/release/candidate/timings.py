"""How long the steps of a release took, also those in another process; told in its manifest."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict


class Timing(BaseModel):
    """Wall time of one step."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    step: str
    seconds: float


@dataclass(frozen=True)
class Timings:
    """A file with one line per step that ended, begun anew with each candidate."""

    path: Path

    def begin(self) -> None:
        """Forget the steps of the candidate before."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text("", encoding="utf-8")

    @contextmanager
    def of(self, step: str) -> Iterator[None]:
        """Note how long the block takes; a step that fails has no time."""
        started = time.perf_counter()
        yield
        timing = Timing(step=step, seconds=round(time.perf_counter() - started, 3))
        with self.path.open("a", encoding="utf-8") as file:
            file.write(timing.model_dump_json() + "\n")

    def read(self) -> tuple[Timing, ...]:
        """The steps so far, in the order in which they ended."""
        if not self.path.exists():
            return ()
        lines = self.path.read_text(encoding="utf-8").splitlines()
        return tuple(Timing.model_validate_json(line) for line in lines)
