"""What a file holds beside the cells that are read: it is archived too, so it is looked at too.

Of a workbook everything but the cells (properties, headers and footers, formulas, drawings,
pivot caches, links), of a Parquet file its metadata, of a JSON document every member.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree

import pyarrow.parquet

# Places as messages name them: names of parts are chosen by whoever made the file.
_PLACES = (
    ("docProps/", "the document properties"),
    ("xl/worksheets/_rels/", "a link of a sheet"),
    ("xl/worksheets/", "a sheet beside its cells (page header, footer, formula, rule or link)"),
    ("xl/sharedStrings", "a text that no cell shows any more"),
    ("xl/workbook", "the names of sheets and ranges"),
    ("xl/drawings/", "a drawing or text box"),
    ("xl/charts/", "a chart"),
    ("xl/pivot", "a pivot table's copy of its source"),
    ("xl/externalLinks/", "a link to another workbook"),
    ("xl/persons/", "the list of people who commented"),
)
_ELSEWHERE = "a part that shows in no cell"
# Text of one paragraph may be cut into runs; the runs are read as one.
_PARAGRAPHS = ("p", "si", "is")
_PRINTABLE = re.compile(r"[\x20-\x7e]{5,}")


@dataclass(frozen=True)
class Beside:
    """One text that stands in no cell, and where, in words; without text it cannot be read."""

    place: str
    text: str | None


def beside_cells_of_workbook(path: Path) -> Iterator[Beside]:
    """Every text of a workbook that is in no cell, and every part that cannot be read."""
    with zipfile.ZipFile(path) as workbook:
        shown: set[int] = set()
        names = workbook.namelist()
        # Cells say which shared texts they show, so sheets come first.
        for name in sorted(names, key=lambda name: not name.startswith("xl/worksheets/")):
            place = next((said for start, said in _PLACES if name.startswith(start)), _ELSEWHERE)
            yield Beside(place, name)
            if name.endswith("/"):
                continue
            with workbook.open(name) as part:
                if name.lower().endswith((".xml", ".rels", ".vml")):
                    yield from _of_part(part, name, place, shown)
                elif name.startswith("xl/printerSettings/"):
                    content = part.read()
                    for encoding in ("latin-1", "utf-16-le"):
                        readable = content.decode(encoding, errors="replace")
                        yield from (Beside(place, t) for t in _PRINTABLE.findall(readable))
                else:
                    yield Beside("a picture, an embedded file or a macro", None)


def _of_part(part: IO[bytes], name: str, place: str, shown: set[int]) -> Iterator[Beside]:
    is_sheet = name.startswith("xl/worksheets/")
    is_texts = name.startswith("xl/sharedStrings")
    nth_text = 0
    try:
        # The parser in use refuses to expand entities without end, and reads no external ones.
        for _, element in ElementTree.iterparse(part):  # noqa: S314
            tag = element.tag.rpartition("}")[2]
            if is_sheet and tag == "c":
                _note_shown(element, shown)
            elif is_texts:
                if tag == "si":
                    if nth_text not in shown:
                        yield Beside(place, "".join(element.itertext()))
                    nth_text += 1
                    element.clear()
            elif not (is_sheet and tag in ("v", "t")):
                yield from (Beside(place, text) for text in element.attrib.values())
                text = "".join(element.itertext()) if tag in _PARAGRAPHS else element.text
                if text:
                    yield Beside(place, text)
            if is_sheet and tag == "row":
                element.clear()
    except ElementTree.ParseError:
        yield Beside("a part that is no valid XML", None)


def _note_shown(cell: ElementTree.Element, shown: set[int]) -> None:
    if cell.get("t") == "s":
        number = next((v.text for v in cell if v.tag.endswith("v")), None)
        if number and number.isdigit():
            shown.add(int(number))


def beside_cells_of_parquet(path: Path) -> Iterator[Beside]:
    """Every text in the metadata of a Parquet file and of its columns."""
    with pyarrow.parquet.ParquetFile(path) as file:
        schema = file.schema_arrow
        metadata = [schema.metadata or {}, *(field.metadata or {} for field in schema)]
        # The schema that Arrow adds in a form of its own is the one read here.
        metadata.append(
            {k: v for k, v in (file.metadata.metadata or {}).items() if k != b"ARROW:schema"}
        )
    for entries in metadata:
        for key, value in entries.items():
            for content in (key, value):
                yield Beside("the metadata of the file", content.decode(errors="replace"))


@dataclass(frozen=True)
class Member:
    """One value of a JSON document: the number of its record, if it is in one, and its path."""

    record: int | None
    path: str
    text: str


def members_of_json(path: Path, records: str) -> Iterator[Member]:
    """Every value and every name of a JSON document, names under the path of what they name.

    Of names that an object repeats, a reader sees only the last value; all are given here.
    """
    repeated: list[Any] = []

    def note_repeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) < len(pairs):
            repeated.extend(value for _, value in pairs)
        return members

    document = json.loads(
        path.read_text(encoding="utf-8-sig"),
        parse_float=str,
        parse_int=str,
        object_pairs_hook=note_repeated,
    )
    found = document
    for step in records.split(".") if records else ():
        found = found[step]
    yield from _members(document, None, "", found)
    for number, record in enumerate(found if isinstance(found, list) else [found], start=1):
        yield from _members(record, number, "", None)
    for value in repeated:
        yield from _members(value, None, "", None)


def _members(value: Any, record: int | None, path: str, leave_out: Any) -> Iterator[Member]:
    if leave_out is not None and value is leave_out:
        return
    if isinstance(value, dict):
        for name, member in value.items():
            below = f"{path}.{name}" if path else name
            yield Member(record, "", name)
            yield from _members(member, record, below, leave_out)
    elif isinstance(value, list):
        for position, member in enumerate(value):
            is_plain = not isinstance(member, dict | list)
            below = path if is_plain else f"{path}.{position}"
            yield from _members(member, record, below, leave_out)
    elif value is not None and not isinstance(value, bool):
        yield Member(record, path, str(value))
