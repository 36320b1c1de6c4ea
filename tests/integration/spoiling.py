"""Spoiling specimens: one fault at a time planted and delivered, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from door import Answer, Door
from fault_places import ROW_FAULTS, Place, places
from specimens import Specimen, write_cells

from assets.extracts.contract_model.contract import Contract, Layout
from assets.extracts.contract_model.contract_files import load_contracts
from assets.samples.faults.planting import plant

CONTRACTS = load_contracts()

Applies = Callable[[Contract, Layout], object]


def layout_of(extract: str) -> Layout:
    """The layout that the specimen of an extract is in."""
    return CONTRACTS[extract].layouts[0]


def is_delimited(layout: Layout) -> bool:
    """Whether a layout may come as delimited text."""
    return "csv" in layout.formats


def extracts_where(applies: Applies) -> list[str]:
    """The extracts in whose specimens something is to be found."""
    return [name for name, contract in CONTRACTS.items() if applies(contract, layout_of(name))]


def says(answer: Answer, *wanted: str) -> None:
    assert answer.verdict == "refused", answer
    for part in wanted:
        assert part in answer.reason, answer.reason


class Spoiler:
    """Plants faults into specimens and delivers them."""

    def __init__(self, specimens: dict[str, Specimen], folder: Path) -> None:
        self.specimens = specimens
        self.folder = folder
        self.door = Door(CONTRACTS, folder / "door")
        self.sound = cache(self._sound)
        self.with_row_faults = cache(self._with_row_faults)

    def _sound(self, extract: str) -> Answer:
        return self.deliver(extract, self.specimens[extract].path)

    def deliver(self, extract: str, path: Path) -> Answer:
        specimen = self.specimens[extract]
        return self.door.deliver(extract, specimen.name, path, specimen.declaration)

    def target(self, extract: str) -> Path:
        return self.folder / f"spoilt{self.specimens[extract].path.suffix}"

    def plant(self, extract: str, fault: str, **where: object) -> Answer:
        """Plant one fault of a delimited file."""
        specimen, target = self.specimens[extract], self.target(extract)
        plant(specimen.path, target, fault, header_line=specimen.header_line, **where)  # type: ignore[arg-type]
        return self.deliver(extract, target)

    def write(self, extract: str, cells: dict[tuple[int, str], str]) -> Answer:
        """Write values into cells, by row and header, whatever the format."""
        write_cells(self.specimens[extract], self.target(extract), cells)
        return self.deliver(extract, self.target(extract))

    def content(self, extract: str, content: bytes) -> Answer:
        """Deliver other bytes under the name of a specimen."""
        target = self.target(extract)
        target.write_bytes(content)
        return self.deliver(extract, target)

    def _with_row_faults(self, extract: str) -> list[tuple[str, Place, int, Answer]]:
        """All faults of single rows, each in a row of its own, in as few files as hold them."""
        specimen = self.specimens[extract]
        wanted = [
            (fault, place)
            for fault in ROW_FAULTS
            for place in places(specimen.contract, specimen.layout, fault)
            if specimen.header_of(place.column.name) is not None
        ]
        planted = []
        for start in range(0, len(wanted), len(specimen.rows)):
            numbered = list(enumerate(wanted[start : start + len(specimen.rows)], start=1))
            cells = {}
            for row, (_, place) in numbered:
                cells[row, specimen.header_of(place.column.name) or ""] = place.value
                if place.other is not None:
                    # A value for which the other column must not be filled.
                    others = [
                        v
                        for v in place.other.allowed
                        if v not in place.column.only_if[place.other.name]
                    ]
                    cells[row, specimen.header_of(place.other.name) or ""] = others[0]
            answer = self.write(extract, cells)
            planted += [(fault, place, row, answer) for row, (fault, place) in numbered]
        return planted
