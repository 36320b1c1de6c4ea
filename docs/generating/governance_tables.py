"""Tables of the page on information governance that follow from the contracts."""

from __future__ import annotations

from collections.abc import Sequence

from assets.extracts.contract_model.contract import Contract
from docs.generating.markdown import escaped, table

PERSONS = "<!-- extracts about persons -->"
LICENCES = "<!-- licences -->"


def filled(page: str, contracts: Sequence[Contract]) -> str:
    """The page with its tables in the places that are marked for them."""
    return page.replace(PERSONS, _about_persons(contracts)).replace(LICENCES, _licences(contracts))


def _about_persons(contracts: Sequence[Contract]) -> str:
    rows = (
        (
            f"[{escaped(contract.title)}](dictionary/extracts/{contract.extract}.md)",
            escaped(contract.grain),
            f"{contract.retention_months} months",
            contract.owner,
        )
        for contract in contracts
        if contract.person_level
    )
    return "\n".join(table(("extract", "what a row is", "kept for", "owner"), rows))


def _licences(contracts: Sequence[Contract]) -> str:
    by_licence: dict[str, list[str]] = {}
    for contract in contracts:
        link = f"[`{contract.extract}`](dictionary/extracts/{contract.extract}.md)"
        by_licence.setdefault(contract.licence, []).append(link)
    rows = (
        (escaped(licence), str(len(links)), ", ".join(links))
        for licence, links in sorted(by_licence.items(), key=lambda pair: -len(pair[1]))
    )
    return "\n".join(table(("licence", "extracts", "which"), rows))
