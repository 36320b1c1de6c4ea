"""The data dictionary of the extracts: a page for each contract, and a list of all of them."""

from __future__ import annotations

from collections.abc import Iterable

from assets.extracts.contract_model.contract import Column, Contract, Layout
from assets.extracts.contract_model.plausibility import RowsExpected
from assets.extracts.providers.plain_words import (
    form_in_words,
    required_in_words,
    type_in_words,
)
from docs.generating.markdown import escaped, table

_ORIGINS = {
    "published": "Published nationally",
    "community": "Sent by local organisations",
}


def index_page(contracts: Iterable[Contract]) -> str:
    """Every extract with who publishes it, how often, and whether its rows are about persons."""
    lines = [
        "# Extracts",
        "",
        "Every file that the platform can take in, as its contract says "
        "(`assets/extracts/contracts/`). The raw table of an extract has the columns of its "
        "contract as text, and columns that lead back to the row of the file.",
        "",
    ]
    listed = sorted(contracts, key=lambda contract: contract.extract)
    for origin, title in _ORIGINS.items():
        lines += [f"## {title}", ""]
        lines += table(
            ("extract", "title", "cadence", "owner"),
            (
                (
                    f"[`{contract.extract}`](extracts/{contract.extract}.md)",
                    escaped(contract.title) + _marks(contract),
                    contract.cadence,
                    contract.owner,
                )
                for contract in listed
                if contract.origin == origin
            ),
        )
        lines.append("")
    return "\n".join(lines)


def page(contract: Contract) -> str:
    """One extract: what it is, how its files are told apart, and every column of every layout."""
    lines = [f"# {escaped(contract.title)}", "", escaped(" ".join(contract.description.split()))]
    lines += ["", *table(("", ""), _facts(contract)), ""]
    for layout in contract.layouts:
        lines += _layout(contract, layout)
    return "\n".join(lines)


def _marks(contract: Contract) -> str:
    marks = ["required"] if contract.required else []
    marks += ["rows about persons"] if contract.person_level else []
    return f" ({', '.join(marks)})" if marks else ""


def _facts(contract: Contract) -> list[tuple[str, str]]:
    identifiers = ", ".join(contract.allowed_identifiers) or "none"
    facts = [
        ("Raw table", f"`{contract.raw_table}`"),
        ("Publisher", escaped(contract.publisher)),
        ("Licence", escaped(contract.licence)),
        ("Attribution", escaped(contract.attribution)),
        ("Owner", contract.owner),
        ("One row is", escaped(contract.grain)),
        ("Key", ", ".join(f"`{column}`" for column in contract.key) or "none"),
        (
            "How often",
            f"{contract.cadence}; expected {contract.expected_lag_days} days after the period ends",
        ),
        ("Files are called like", ", ".join(f"`{name}`" for name in contract.file_names)),
        ("Needed for every release", "yes" if contract.required else "no"),
        ("Identifiers that may stand in it", escaped(identifiers)),
        ("Rows that may break a rule", _tolerance(contract)),
    ]
    if contract.extract_code:
        facts.insert(1, ("Code", f"`{contract.extract_code}`"))
    if contract.person_level:
        facts.append(("Rows about persons", "yes: in the schema `restricted`, and nowhere else"))
    if contract.retention_months is not None:
        facts.append(("Kept for", f"{contract.retention_months} months after its period ends"))
    facts += [
        (f"Rows of a whole edition{of}", _rows(bounds))
        for of, bounds in (
            ("", contract.rows_expected),
            *((f", layout {layout.name}", layout.rows_expected) for layout in contract.layouts),
        )
        if bounds
    ]
    return facts


def _rows(bounds: RowsExpected) -> str:
    if bounds.at_least == bounds.at_most:
        return f"{bounds.at_least:,}"
    return f"{bounds.at_least:,} to {bounds.at_most:,}"


def _tolerance(contract: Contract) -> str:
    rows = contract.tolerated_rows
    if not rows and not contract.rejection_tolerance:
        return "none: a single one and the file is refused"
    share = f"up to {contract.rejection_tolerance:.0%} of them"
    return (
        f"{share}, or {rows} rows but not all; they are set aside"
        if rows
        else (f"{share}; they are set aside")
    )


def _layout(contract: Contract, layout: Layout) -> list[str]:
    lines = [f"## Layout: {escaped(layout.name)}", "", f"{', '.join(layout.formats)}.", ""]
    lines += table(
        ("column", "what stands in it", "type", "must be there", "form", "headers in files"),
        (_column(contract, column) for column in layout.columns),
    )
    lines.append("")
    if layout.wide:
        wide = layout.wide
        lines += [
            "Columns whose headers carry data become rows, with a column for each part of the "
            f"header ({', '.join(f'`{name}`' for name in wide.groups.values())}) and "
            f"`{wide.value.name}`: {escaped(wide.value.description)}",
            "",
        ]
    return lines


def _column(contract: Contract, column: Column) -> tuple[str, ...]:
    leads = f" Stands in `{column.references}`." if column.references else ""
    return (
        f"`{column.name}`",
        escaped(column.description) + leads,
        type_in_words(contract, column),
        required_in_words(column),
        escaped(form_in_words(contract, column)),
        ", ".join(f"`{header}`" for header in column.headers),
    )
