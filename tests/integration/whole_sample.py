"""The whole synthetic landing zone taken in, once for all tests that look at it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from desk import Desk

from assets.extracts.arriving.arrival import Arrival
from assets.extracts.contract_model.contract import Contract
from assets.extracts.contract_model.contract_files import load_contracts
from assets.extracts.holding.editions import Edition, PartRecord
from assets.home import Home


@dataclass(frozen=True)
class WholeSample:
    """A desk that holds the sample: arrivals by file name, editions by extract. Only read it."""

    desk: Desk
    arrivals: dict[str, Arrival]
    editions: dict[str, list[Edition]]

    @property
    def contracts(self) -> dict[str, Contract]:
        return self.desk.contracts

    def parts(self, extract: str) -> list[tuple[Edition, PartRecord]]:
        """Every file of an extract, with the edition that it went into."""
        return [(e, part) for e in self.editions[extract] for part in e.parts]

    def path_of(self, part: PartRecord) -> Path:
        return self.desk.landing / part.file_name


@cache
def whole_sample(landing: Path, home: Path) -> WholeSample:
    """Take in everything that lies in a landing zone."""
    contracts = load_contracts()
    desk = Desk(landing, Home(home), contracts)
    arrivals = desk.receive()
    editions = {extract: desk.intake.take_in(extract) for extract in contracts}
    desk.arrivals.discard_copies()
    return WholeSample(desk, arrivals, editions)
