"""Which extract a file is: by its headers and content first, by its name only to explain.

A file whose content fits a contract is that extract whatever it is called. A file that fits none
but is named like one, or nearly fits one, is a broken delivery of that extract. Any other file
is not ours, and is listed with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import PurePosixPath

from assets.extracts.contract_model.contract import Contract, Layout
from assets.extracts.contract_model.headers import find_header, normalise_header
from assets.extracts.reading.json_records import sheet_of_records
from assets.extracts.reading.sheets import PREAMBLE_ROWS, Sheet

# A file that has this share of a contract's required columns is a broken delivery of it, not a
# stranger: one renamed column in the ten of a list-size file leaves nine tenths (2026-11-23).
_NEARLY = 0.75
# Below this share a file is a stranger and naming the closest contract would only mislead.
_ALIKE = 0.5
# Share of sampled values that must fit the patterns of a file published without a header.
_SAMPLE_FIT = 0.9


@dataclass(frozen=True)
class LayoutMatch:
    """How the columns of one sheet fit one layout of one contract."""

    contract: Contract
    layout: Layout
    sheet: Sheet
    positions: Mapping[str, int]
    missing: tuple[str, ...]
    unknown: tuple[tuple[int, str], ...]
    wide: Mapping[int, Mapping[str, str]]
    other_content: str | None = None

    @property
    def is_complete(self) -> bool:
        """Whether every required column is there and the content is this extract's."""
        wide_is_there = self.layout.wide is None or bool(self.wide)
        return not self.missing and self.other_content is None and wide_is_there

    @property
    def share(self) -> float:
        """Share of the required columns that were found."""
        required = [column for column in self.layout.columns if column.required]
        return 1 - len(self.missing) / len(required) if required else 0.0

    def difference(self) -> str:
        """What keeps the sheet from fitting, in words a data engineer can act on."""
        is_named = self.sheet.name and (
            self.contract.origin == "published" or self.sheet.name in self.layout.sheets
        )
        where = f"sheet {self.sheet.name!r}: " if is_named else ""
        # A file of nothing but rows that must not be kept lacks what the other rows would have.
        parts = [
            f"rows that must not be kept: {column.refuses_row}"
            for column in self.layout.columns
            if column.refuses_row and column.name in self.positions
        ]
        separator = _other_separator(self.sheet)
        if self.missing and separator:
            return (
                f"the file uses {separator!r} between cells, and should use ','; save it as CSV "
                "with commas"
            )
        for name in self.missing:
            column = self.contract.columns[name]
            plain = [header for header in column.headers if not header.startswith("^")]
            spelt = " or ".join(repr(header) for header in plain or (name,))
            known_as = "" if name in (plain or (name,)) else f" ({name})"
            parts.append(f"column {spelt}{known_as} is missing")
        if self.layout.wide and not self.wide:
            parts.append("none of its repeated columns were found")
        if self.missing and self.unknown:
            if self.contract.origin == "community" and self.share < _ALIKE:
                # Without a header the first row is somebody's data, and not to be repeated.
                parts.append(f"its other {len(self.unknown)} columns are unknown")
            elif self.contract.origin == "community":
                places = ", ".join(str(position + 1) for position, _ in self.unknown[:5])
                parts.append(f"unknown columns in the file, counted from the left: {places}")
            else:
                strangers = ", ".join(repr(header) for _, header in self.unknown[:5])
                parts.append(f"unknown columns in the file: {strangers}")
        if self.other_content:
            parts.append(self.other_content)
        tried = f"layout tried: {self.layout.name!r} of {self.contract.extract}"
        return f"{where}{'; '.join(parts)}; {tried}"


def _other_separator(sheet: Sheet) -> str | None:
    """What stands between the cells of a text file in which no comma does."""
    if sheet.format != "csv" or len(sheet.first_row) != 1:
        return None
    counts = {separator: sheet.first_row[0].count(separator) for separator in (";", "\t", "|")}
    most = max(counts, key=lambda separator: counts[separator])
    return most if counts[most] else None


@dataclass(frozen=True)
class Recognition:
    """Outcome for one file: the extracts it holds, or those it should have held, or neither."""

    matches: tuple[LayoutMatch, ...] = ()
    broken: tuple[tuple[str, str], ...] = ()
    reason: str = ""


def match_layout(contract: Contract, layout: Layout, sheet: Sheet) -> LayoutMatch:
    """Hold one sheet against one layout; below a preamble, the row that fits best is the header."""
    if not layout.header:
        return _match_without_header(contract, layout, sheet)
    if not layout.preamble:
        return _match_headers(contract, layout, sheet)
    tops = range(max(1, min(PREAMBLE_ROWS, len(sheet.rows))))
    candidates = [_match_headers(contract, layout, replace(sheet, top=top)) for top in tops]
    return max(candidates, key=lambda match: (match.is_complete, match.share, -match.sheet.top))


def _match_headers(contract: Contract, layout: Layout, sheet: Sheet) -> LayoutMatch:
    headers = sheet.first_row
    positions: dict[str, int] = {}
    missing = []
    for column in layout.columns:
        position = find_header(column.headers or (column.name,), headers)
        if position is not None:
            positions[column.name] = position
        elif column.required:
            missing.append(column.name)
    wide = _wide_columns(layout, headers)
    known = set(positions.values()) | set(wide)
    unknown = tuple(
        (position, header)
        for position, header in enumerate(headers)
        if position not in known and header.strip() and not _is_wide_like(layout, header)
    )
    other = _other_content(contract, positions, sheet)
    return LayoutMatch(contract, layout, sheet, positions, tuple(missing), unknown, wide, other)


def _match_without_header(contract: Contract, layout: Layout, sheet: Sheet) -> LayoutMatch:
    rows = (sheet.first_row, *sheet.sample)
    width = len(sheet.first_row)
    positions = {column.name: i for i, column in enumerate(layout.columns) if i < width}
    other = None
    if width != layout.column_count:
        other = f"the file has {width} columns, the layout {layout.column_count}"
    else:
        for column in layout.columns:
            if column.pattern is None:
                continue
            values = [row[positions[column.name]] for row in rows if len(row) == width]
            fitting = sum(bool(re.fullmatch(column.pattern, value)) for value in values)
            if fitting < _SAMPLE_FIT * len(values):
                other = f"values of column {column.name} do not look like it"
    missing = () if other is None else tuple(c.name for c in layout.columns if c.required)
    return LayoutMatch(contract, layout, sheet, positions, missing, (), {}, other)


def _wide_columns(layout: Layout, headers: tuple[str, ...]) -> dict[int, dict[str, str]]:
    """Position to the data its header carries, for the columns that the contract keeps."""
    if layout.wide is None:
        return {}
    found = {}
    for position, header in enumerate(headers):
        parts = re.fullmatch(layout.wide.pattern, normalise_header(header))
        if parts is None:
            continue
        named = {group: value or "" for group, value in parts.groupdict().items()}
        if all(named[group] in kept for group, kept in layout.wide.keep.items()):
            found[position] = {name: named[group] for group, name in layout.wide.groups.items()}
    return found


def _is_wide_like(layout: Layout, header: str) -> bool:
    wide = layout.wide
    return wide is not None and re.fullmatch(wide.pattern, normalise_header(header)) is not None


def _other_content(contract: Contract, positions: Mapping[str, int], sheet: Sheet) -> str | None:
    wanted = contract.recognise
    if wanted is None or wanted.column not in positions:
        return None
    position = positions[wanted.column]
    # In a row with broken fields something else stands at the place; it is set aside later.
    whole = [row for row in sheet.sample if len(row) == len(sheet.first_row)]
    found = {row[position].strip() for row in whole} - {""}
    if found and found <= set(wanted.values):
        return None
    held = ", ".join(wanted.values)
    if contract.origin == "community":
        return f"{wanted.column} holds other values than {held}"
    return f"{wanted.column} is {', '.join(sorted(found)[:5]) or 'empty'}, held are {held}"


def recognise(name: str, sheets: list[Sheet], contracts: Mapping[str, Contract]) -> Recognition:
    """Find the extracts that a file holds.

    Args:
        name: file name relative to the landing zone.
        sheets: what a peek into the file found.
        contracts: by extract name.
    """
    every = [
        match_layout(contract, layout, sheet)
        for contract in contracts.values()
        for layout in contract.layouts
        for sheet in _sheets_for(layout, sheets)
    ]
    complete = [match for match in every if match.is_complete]
    named_extracts = {contract.extract for contract in named_like(name, contracts.values())}
    incomplete = _finer_than_complete(every, complete, named_extracts)
    if incomplete is not None:
        return Recognition(broken=((incomplete.contract.extract, incomplete.difference()),))
    if complete:
        found = tuple(_most_specific(complete))
        broken_sheets = _sheets_that_do_not_fit(every, found)
        return Recognition(
            matches=found,
            broken=(*broken_sheets, *_sheets_not_there(name, sheets, contracts, found)),
        )
    broken = _closest(match for match in every if match.contract.extract in named_extracts)
    missing_sheets = [
        (contract.extract, _missing_sheet(contract, sheets))
        for contract in named_like(name, contracts.values())
        if contract.extract not in {match.contract.extract for match in broken}
    ]
    if not named_extracts:
        broken = _closest(
            match
            for match in every
            if match.share >= _NEARLY and match.other_content is None and match.layout.header
        )[:1]
    if broken or missing_sheets:
        explained = [(match.contract.extract, match.difference()) for match in broken]
        return Recognition(broken=(*explained, *missing_sheets))
    closest = _closest(match for match in every if match.share >= _ALIKE)
    if not closest:
        return Recognition(reason="its headers fit no contract")
    return Recognition(reason=f"it fits no contract; closest is: {closest[0].difference()}")


def _finer_than_complete(
    every: Iterable[LayoutMatch], complete: Iterable[LayoutMatch], named: Collection[str]
) -> LayoutMatch | None:
    """A near match of the extract the file is named like that explains more than complete ones.

    A survey file of practices that lost its practice code also has all columns of the file of
    networks; it is a broken delivery, not another table.
    """
    fitting = list(complete)
    if any(match.contract.extract in named for match in fitting):
        return None
    near = [
        match
        for match in every
        if match.contract.extract in named
        and match.share >= _NEARLY
        and match.other_content is None
        and all(_size(match)[1] > _size(other)[1] for other in fitting)
    ]
    return _closest(near)[0] if near and fitting else None


def named_like(name: str, contracts: Iterable[Contract]) -> list[Contract]:
    """Contracts whose usual file names the name follows."""
    last = PurePosixPath(name).name.lower()
    return [
        contract
        for contract in contracts
        if any(fnmatch(last, pattern.lower()) for pattern in contract.file_names)
    ]


def _sheets_for(layout: Layout, sheets: list[Sheet]) -> list[Sheet]:
    """The sheets that a layout can be about: of its formats, and of its sheet names if any."""
    wanted = {normalise_header(name) for name in layout.sheets}
    fitting = [
        sheet
        for sheet in sheets
        if sheet.format in layout.formats
        and (sheet.name is None or not wanted or normalise_header(sheet.name) in wanted)
    ]
    if layout.records is None:
        return fitting
    found = (sheet_of_records(sheet, layout) for sheet in fitting)
    return [sheet for sheet in found if sheet is not None]


def _sheets_that_do_not_fit(
    every: Iterable[LayoutMatch], found: Iterable[LayoutMatch]
) -> tuple[tuple[str, str], ...]:
    """Extracts to which a workbook has a sheet called as theirs are, that fits no contract."""
    extracts = {match.contract.extract for match in found}
    taken = {match.sheet.name for match in found}
    strangers = (
        match
        for match in every
        if match.layout.sheets
        and match.sheet.name is not None
        and match.sheet.name not in taken
        and match.contract.extract not in extracts
    )
    return tuple((match.contract.extract, match.difference()) for match in _closest(strangers))


def _sheets_not_there(
    name: str,
    sheets: list[Sheet],
    contracts: Mapping[str, Contract],
    matches: Iterable[LayoutMatch],
) -> tuple[tuple[str, str], ...]:
    """Extracts that a workbook of this name holds too, but whose sheet it has not."""
    found = {match.contract.extract for match in matches}
    return tuple(
        (contract.extract, _missing_sheet(contract, sheets))
        for contract in named_like(name, contracts.values())
        if contract.extract not in found
        and any(sheet.name for sheet in sheets)
        and all(layout.sheets for layout in contract.layouts)
        and not any(_sheets_for(layout, sheets) for layout in contract.layouts)
    )


def _missing_sheet(contract: Contract, sheets: list[Sheet]) -> str:
    """What keeps a file from being held against any layout of the contract it is named like."""
    formats = {sheet.format for sheet in sheets}
    layouts = [layout for layout in contract.layouts if formats & set(layout.formats)]
    if not layouts:
        wanted = sorted({name for layout in contract.layouts for name in layout.formats})
        return f"the file is {' or '.join(sorted(formats))}; it should be {' or '.join(wanted)}"
    if formats == {"json"}:
        paths = " or ".join(repr(layout.records) for layout in layouts)
        return f"the document has no list of records at {paths}"
    named = sorted({name for layout in layouts for name in layout.sheets})
    found = ", ".join(repr(sheet.name) for sheet in sheets if sheet.name) or "no sheets"
    spelt = " or ".join(repr(name) for name in named)
    return f"the workbook has no sheet {spelt}; it has {found}"


def _most_specific(matches: list[LayoutMatch]) -> list[LayoutMatch]:
    """Per sheet the match with most columns; a workbook may hold one extract a sheet."""
    best: dict[str | None, LayoutMatch] = {}
    for match in matches:
        held = best.get(match.sheet.name)
        if held is None or _size(match) > _size(held):
            best[match.sheet.name] = match
    return list(best.values())


def _size(match: LayoutMatch) -> tuple[bool, int, int, int]:
    """Content that tells extracts apart counts before the number of columns.

    Of two layouts that explain as much, the one that lacks fewer of its own columns is meant.
    """
    is_told_apart = match.contract.recognise is not None
    found = len(match.positions) + len(match.wide)
    absent = len(match.layout.columns) - len(match.positions)
    return is_told_apart, found, -len(match.unknown), -absent


def _closest(matches: Iterable[LayoutMatch]) -> list[LayoutMatch]:
    """Per extract the layout with the largest share of its columns found, closest first."""
    best: dict[str, LayoutMatch] = {}
    for match in matches:
        held = best.get(match.contract.extract)
        if held is None or (match.share, _size(match)) > (held.share, _size(held)):
            best[match.contract.extract] = match
    return sorted(best.values(), key=lambda match: (-match.share, match.contract.extract))
