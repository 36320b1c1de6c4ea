"""Reading contracts from their YAML files, and the column sets that several of them share."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from assets.extracts.contract_model.contract import Contract
from assets.extracts.contract_model.headers import normalise_header
from assets.extracts.contract_model.named_values import values_that_never_occur
from assets.placeholders import lines_left_open

CONTRACTS_FOLDER = Path(__file__).parents[1] / "contracts"

# Columns that several contracts share (the envelope of community extracts, say) stand once, in
# a folder beside the contracts; ``- include: envelope`` among a layout's columns puts them in.
_COLUMN_SETS = "column_sets"
# The forms of codes that several columns share: ``shape: own_number`` in a column takes pattern,
# form in words and example from this file of the same folder.
_SHAPES = "shapes.yml"


class ContractError(ValueError):
    """A contract file that cannot be used; the message names the file, the field and the rule."""


def load_contract(path: Path) -> Contract:
    """Read one contract file.

    Raises:
        ContractError: when the file is not valid; names the file and every field at fault.
    """
    content = path.read_bytes()
    if left_open := lines_left_open(content.decode("utf-8", "replace")):
        lines = ", ".join(map(str, left_open))
        raise ContractError(f"{path.name} is a draft: fill in what is open in lines {lines}")
    digest = hashlib.sha256(content)
    try:
        described = _read_yaml(path)
        _include_column_sets(described, path, digest)
        contract = Contract.model_validate(described)
    except (ValidationError, yaml.YAMLError) as error:
        raise ContractError(f"{path.name} is not a valid extract contract: {error}") from error
    if contract.extract != path.stem:
        raise ContractError(f"{path.name} describes {contract.extract}; names must agree")
    for layout in contract.layouts:
        spellings = [
            normalise_header(header)
            for column in layout.columns
            for header in (column.headers or (column.name,))
        ]
        twice = sorted({spelling for spelling in spellings if spellings.count(spelling) > 1})
        if twice:
            raise ContractError(f"{path.name}: layout {layout.name!r} claims {twice} twice")
    if never := values_that_never_occur(contract):
        raise ContractError(f"{path.name}: {'; '.join(never)}")
    return contract.model_copy(update={"content_hash": digest.hexdigest()})


def _read_yaml(path: Path) -> Any:
    # libyaml's safe loader: fifty contracts take a tenth of the time.
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def _include_column_sets(described: Any, path: Path, digest: hashlib._Hash) -> None:
    """Put the columns of each named set where the layout includes it, and into the hash."""
    layouts = described.get("layouts") or [] if isinstance(described, dict) else []
    for layout in layouts:
        columns: list[Any] = []
        for entry in layout.get("columns") or []:
            if not isinstance(entry, dict) or set(entry) != {"include"}:
                columns.append(entry)
                continue
            shared = path.parent / _COLUMN_SETS / f"{entry['include']}.yml"
            if not shared.exists():
                raise ContractError(
                    f"{path.name} includes {entry['include']!r}, but there is no "
                    f"{_COLUMN_SETS}/{shared.name} beside it"
                )
            digest.update(shared.read_bytes())
            columns += _read_yaml(shared)
        layout["columns"] = columns
    if any("shape" in column for layout in layouts for column in _described(layout)):
        _give_shapes(layouts, path, digest)


def _described(layout: Any) -> list[dict[str, Any]]:
    return [column for column in layout["columns"] if isinstance(column, dict)]


def _give_shapes(layouts: list[Any], path: Path, digest: hashlib._Hash) -> None:
    """Put pattern, form and example of each named shape into its column, and into the hash."""
    file = path.parent / _COLUMN_SETS / _SHAPES
    shapes = _read_yaml(file) if file.exists() else {}
    for layout in layouts:
        for column in _described(layout):
            if "shape" not in column:
                continue
            shape = column.pop("shape")
            if shape not in shapes:
                raise ContractError(
                    f"{path.name}: column {column.get('name')} has the shape {shape!r}, which "
                    f"{_COLUMN_SETS}/{_SHAPES} beside it does not have"
                )
            digest.update(repr(sorted(shapes[shape].items())).encode())
            # What the column says itself, an example of its own perhaps, comes first.
            column.update({**shapes[shape], **column})


def load_contracts(folder: Path = CONTRACTS_FOLDER) -> dict[str, Contract]:
    """Read every contract of a folder, by extract name, referenced extracts first.

    Raises:
        ContractError: for an invalid file, or a reference to an extract that has no contract.
    """
    contracts = {path.stem: load_contract(path) for path in sorted(folder.glob("*.yml"))}
    for contract in contracts.values():
        for extract, column in contract.references.values():
            if extract not in contracts or column not in contracts[extract].column_names:
                raise ContractError(
                    f"{contract.extract}.yml refers to {extract}.{column}, which no contract has"
                )
    ordered: dict[str, Contract] = {}

    def place(name: str, waiting: tuple[str, ...] = ()) -> None:
        if name in waiting:
            raise ContractError(f"contracts refer to each other in a circle: {(*waiting, name)}")
        for needed in contracts[name].depends_on:
            if needed not in ordered:
                place(needed, (*waiting, name))
        ordered[name] = contracts[name]

    for name in contracts:
        if name not in ordered:
            place(name)
    return ordered
