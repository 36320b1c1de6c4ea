"""Verdicts on record: which stand for the same files tonight, and which are judged again."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from assets.extracts.contract_model.contract import Contract
from assets.extracts.holding.archive import Archive
from assets.extracts.holding.editions import UNRESOLVED, Edition, EditionStore
from assets.extracts.judged_by import code_hash
from assets.extracts.judging.acceptance import waits_for_reference
from assets.extracts.judging.batches import Batch


@dataclass(frozen=True)
class Verdicts:
    """What was found of the editions that are held."""

    contracts: Mapping[str, Contract]
    archive: Archive
    editions: EditionStore

    def evaluation_of(self, contract: Contract) -> str:
        """What a verdict depends on beside the file: contract and the code that applies it."""
        return hashlib.sha256(f"{contract.content_hash}{code_hash()}".encode()).hexdigest()

    def is_known(self, contract: Contract, sha256: str) -> bool:
        """Whether a file was judged under the same rules and code, whatever it is filed under."""
        evaluation = self.evaluation_of(contract)
        return any(
            part.sha256 == sha256
            for edition in self.editions.of(contract.extract)
            if edition.evaluation == evaluation
            for part in edition.parts
        )

    def known(self, contract: Contract, batch: Batch) -> Edition | None:
        """The evaluation of the same files under the same declaration, rules and code."""
        evaluation = self.evaluation_of(contract)
        for edition in reversed(self.editions.of(contract.extract)):
            if (
                edition.version == batch.version
                and edition.evaluation == evaluation
                and edition.coverage == batch.declaration.coverage
                and edition.synthetic == batch.declaration.synthetic
                and edition.submitter == batch.submitter
                and edition.period == batch.period.label
            ):
                return None if self._may_be_lifted(contract, edition) else edition
        return None

    def _may_be_lifted(self, contract: Contract, edition: Edition) -> bool:
        """Whether the verdict waits for another extract, of which others are in use since."""
        is_waiting = waits_for_reference(edition)
        return is_waiting and edition.judged_beside != self.referenced(contract)

    def referenced(self, contract: Contract) -> str:
        """What is in use of the extracts that this one refers to."""
        extracts = sorted({extract for extract, _ in contract.references.values()})
        held = [f"{x}/{e.folder_name}" for x in extracts for e in self.editions.in_use(x)]
        return hashlib.sha256("\n".join(held).encode()).hexdigest()

    def is_superseded(self, edition: Edition) -> bool:
        """Whether an accepted version came back after another one had replaced it."""
        if edition.verdict != "accepted":
            return False
        versions = [
            held.version
            for held in self.editions.accepted(edition.extract)
            if held.key == edition.key and held.synthetic == edition.synthetic
        ]
        return versions[-1:] != [edition.version]

    def unsettled(
        self, contract: Contract, done: Collection[tuple[tuple[str, ...], str]]
    ) -> Iterator[Edition]:
        """Held editions whose verdict counts, and is of other rules or code or may be lifted.

        Args:
            contract: of the extract.
            done: keys and versions that were evaluated in this run already.
        """
        evaluation = self.evaluation_of(contract)
        newest = self.editions.latest_by_key(contract.extract)
        for edition in self.editions.latest_evaluations(contract.extract):
            held = all(self.archive.holds(part.sha256) for part in edition.parts)
            counts = edition.verdict == "accepted" or edition in newest
            is_settled = edition.evaluation == evaluation and not self._may_be_lifted(
                contract, edition
            )
            if is_settled or not held or edition.period == UNRESOLVED:
                continue
            if counts and (edition.key, edition.version) not in done:
                yield edition
