"""The contract files themselves: whole, unambiguous, and refused with a clear message if not."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from assets.extracts.contract_model.contract import Column, Contract, Layout, bounds_of
from assets.extracts.contract_model.contract_files import (
    CONTRACTS_FOLDER,
    ContractError,
    load_contract,
    load_contracts,
)
from assets.extracts.contract_model.headers import normalise_header
from assets.extracts.identifiers.detectors import detectors_for

CONTRACTS = load_contracts()
SHARED = CONTRACTS_FOLDER / "column_sets"


def layouts() -> Iterator[tuple[Contract, Layout]]:
    for contract in CONTRACTS.values():
        for layout in contract.layouts:
            yield contract, layout


def described(layout: Layout) -> list[Column]:
    return [*layout.columns, *([layout.wide.value] if layout.wide else [])]


EVERY_LAYOUT = pytest.mark.parametrize(
    ("contract", "layout"),
    list(layouts()),
    ids=[f"{contract.extract}-{layout.name}" for contract, layout in layouts()],
)
EVERY_CONTRACT = pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)


# -- the contracts that there are ------------------------------------------------------------------


@EVERY_LAYOUT
def test_every_column_is_described_in_a_sentence(contract: Contract, layout: Layout) -> None:
    for column in described(layout):
        assert re.fullmatch(r"(?s)\S.*[.)]", column.description), (column.name, column.description)


@EVERY_LAYOUT
def test_no_two_columns_of_a_layout_can_claim_one_header(
    contract: Contract, layout: Layout
) -> None:
    names = [column.name for column in described(layout)]
    assert len(names) == len(set(names))
    spelt = {column.name: column.headers or (column.name,) for column in layout.columns}
    plain = [normalise_header(h) for hs in spelt.values() for h in hs if not h.startswith("^")]
    assert len(plain) == len(set(plain))
    for name, headers in spelt.items():
        for pattern in (header for header in headers if header.startswith("^")):
            others = [
                normalise_header(h) for other, hs in spelt.items() if other != name for h in hs
            ]
            assert not [header for header in others if re.fullmatch(pattern, header)]


@EVERY_LAYOUT
def test_rules_look_only_at_columns_of_their_layout(contract: Contract, layout: Layout) -> None:
    by_name = {column.name: column for column in layout.columns}
    for column in layout.columns:
        assert set(column.compares_with) <= by_name.keys()
        for other, values in column.only_if.items():
            assert set(values) <= set(by_name[other].allowed), (column.name, other)
        for bound in bounds_of(column.minimum) + bounds_of(column.maximum):
            if isinstance(bound, str):
                is_day = [c.type in ("date", "timestamp") for c in (column, by_name[bound])]
                assert is_day[0] == is_day[1], f"{column.name} and {bound} cannot be compared"
        if column.lowest is not None and column.highest is not None:
            assert column.lowest <= column.highest  # type: ignore[operator]
        if column.pattern is not None:
            assert re.compile(column.pattern)
            assert not [v for v in column.allowed if not re.fullmatch(column.pattern, v)]


@EVERY_LAYOUT
def test_what_an_extract_is_filed_and_told_by_is_in_its_layouts(
    contract: Contract, layout: Layout
) -> None:
    names = set(contract.column_names)
    assert set(contract.key) <= names
    watched = {column.name for column in layout.columns if column.watched}
    assert watched <= {column.name for column in layout.columns if column.type == "string"}
    if contract.submitter_from or contract.recognise:
        by_name = {column.name: column for column in layout.columns}
        if contract.submitter_from:
            assert by_name[contract.submitter_from].not_null
        if contract.recognise:
            told_by = by_name[contract.recognise.column]
            assert told_by.required
            assert told_by.pattern is None or all(
                re.fullmatch(told_by.pattern, value) for value in contract.recognise.values
            )


@EVERY_CONTRACT
def test_references_lead_to_a_key_of_the_other_extract(contract: Contract) -> None:
    for column, (extract, referred) in contract.references.items():
        assert referred in CONTRACTS[extract].key, f"{column} of {contract.extract}"
        # A directory that is held in several editions is looked up in all of them.
        assert CONTRACTS[extract].key == (referred,)


@EVERY_CONTRACT
def test_extracts_come_after_those_that_they_refer_to(contract: Contract) -> None:
    order = list(CONTRACTS)
    for needed in contract.depends_on:
        assert order.index(needed) < order.index(contract.extract)


@EVERY_CONTRACT
def test_what_people_read_of_a_column_is_no_pattern(contract: Contract) -> None:
    for layout in contract.layouts:
        for column in layout.columns:
            assert not column.spelt.startswith("^"), (contract.extract, column.name)


@EVERY_CONTRACT
def test_person_level_extracts_say_how_long_they_are_kept(contract: Contract) -> None:
    if contract.person_level:
        assert contract.retention_months
        assert contract.origin == "community"
        assert contract.schema_name == "restricted"
        assert contract.quarantine_table == f"restricted.quarantine_{contract.extract}"
    else:
        assert contract.schema_name == "raw"
        assert contract.quarantine_table == f"quarantine.{contract.extract}"


@EVERY_CONTRACT
def test_no_extract_may_hold_nhs_numbers(contract: Contract) -> None:
    every_kind = {detector.kind for detector in detectors_for("community", ())}
    assert set(contract.allowed_identifiers) <= every_kind - {"nhs_number"}


def test_open_code_columns_whose_lists_change_are_watched() -> None:
    watched = {
        name: {
            column.name
            for layout in contract.layouts
            for column in layout.columns
            if column.watched
        }
        for name, contract in CONTRACTS.items()
    }
    assert watched["pcnwf_staff"] == {"staff_group", "staff_role", "detailed_staff_role"}
    assert {"national_category", "hcp_type", "appointment_mode"} <= watched["gpad_crosstab"]
    assert watched["ncdes_counts"] == {"indicator_code", "measure"}
    # What a person is like must not be listed in the record of an edition.
    assert not [name for name in watched if watched[name] and CONTRACTS[name].person_level]


def test_every_shared_set_of_columns_is_used() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in CONTRACTS_FOLDER.glob("*.yml"))
    for path in SHARED.glob("*.yml"):
        if path.stem != "shapes":
            assert f"include: {path.stem}\n" in text, path.name


def test_every_shared_shape_is_used_and_its_example_has_it() -> None:
    paths = [*CONTRACTS_FOLDER.glob("*.yml"), *SHARED.glob("*.yml")]
    text = "".join(path.read_text(encoding="utf-8") for path in paths)
    for name, shape in yaml.safe_load((SHARED / "shapes.yml").read_text("utf-8")).items():
        assert f"shape: {name}" in text, name
        if "example" in shape:
            assert re.fullmatch(shape["pattern"], shape["example"]), name


# -- contracts that cannot be used -----------------------------------------------------------------

Said = dict[str, Any]


def invented(**changes: Any) -> Said:
    """A small sound contract, or one with something else in it."""
    said: Said = {
        "extract": "invented_counts",
        "title": "Invented counts",
        "description": "Counts that nobody collects.",
        "publisher": "Nobody",
        "licence": "None",
        "attribution": "Nobody",
        "owner": "nobody",
        "cadence": "monthly",
        "expected_lag_days": 30,
        "grain": "one row per place",
        "key": ["place"],
        "file_names": ["invented*.csv"],
        "period_kind": "month",
        "layouts": [
            {
                "name": "first",
                "columns": [
                    {"name": "place", "description": "Where.", "headers": ["PLACE"]},
                    {"name": "patients", "description": "How many.", "type": "integer"},
                ],
            }
        ],
    }
    return {**said, **changes}


def with_column(**column: Any) -> Said:
    said = invented()
    said["layouts"][0]["columns"].append({"description": "More.", **column})
    return said


FOLLOWED: Said = {
    "first": {"place": ["A"]},
    "later": {"place": ["B"]},
    "same": ["patients"],
    "date": "patients",
    "days": [1, 2],
    "at_least": 0.5,
}


def coded(**changes: Any) -> Said:
    """A contract with a column of codes in either of two layouts, of which one share is limited."""
    said = invented(**changes)
    kind = {"name": "kind", "description": "Which kind."}
    known = said["layouts"][0]["columns"]
    said["layouts"] = [
        {
            "name": name,
            "columns": [*known, {**kind, "allowed": codes, "share_at_most": {"no": 0.3}}],
        }
        for name, codes in (("first", ["yes", "no"]), ("second", ["yes", "no", "late"]))
    ]
    return said


def followed_up(days_of: Said | None = None, **changes: Any) -> Said:
    """How long until a later row, for each kind of row."""
    return FOLLOWED | {"same": ["kind"], "each": "kind", "days_of": days_of or {}} | changes


def write(folder: Path, said: Said, name: str = "invented_counts.yml") -> Path:
    path = folder / name
    path.write_text(yaml.safe_dump(said, sort_keys=False), encoding="utf-8")
    return path


def refusal(folder: Path, said: Said) -> str:
    """What is said of a contract that cannot be used; it always names the file."""
    with pytest.raises(ContractError) as raised:
        load_contract(write(folder, said))
    assert "invented_counts.yml" in str(raised.value)
    return str(raised.value)


def test_a_sound_contract_is_read(tmp_path: Path) -> None:
    contract = load_contract(write(tmp_path, invented()))

    assert contract.column_names == ("place", "patients")
    assert contract.raw_table == "raw.invented_counts"


@pytest.mark.parametrize(
    ("said", "bad", "rows", "is_tolerated"),
    [
        ({}, 5, 100, True),
        ({}, 6, 100, False),
        ({"origin": "community"}, 3, 12, True),
        ({"origin": "community"}, 4, 12, False),
        ({"origin": "community"}, 3, 3, False),
        ({"origin": "community", "rejection_floor": 0}, 1, 12, False),
        ({"origin": "community", "rejection_tolerance": 1}, 3, 3, True),
        ({}, 1, 12, False),
        ({}, 0, 0, True),
    ],
)
def test_how_many_bad_rows_a_file_may_have(
    tmp_path: Path, said: Said, bad: int, rows: int, is_tolerated: bool
) -> None:
    contract = load_contract(write(tmp_path, invented(**said)))

    assert contract.tolerates(bad, rows) == is_tolerated


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (invented(cadance="monthly"), ["cadance", "Extra inputs are not permitted"]),
        (invented(cadence="now and then"), ["cadence", "'monthly'"]),
        (invented(title=None), ["title", "valid string"]),
        (invented(layouts=[]), ["layouts", "at least 1"]),
        (invented(key=["person"]), ["key", "person", "in no layout"]),
        (invented(submitter_from="sender"), ["submitter_from", "sender", "in no layout"]),
        (invented(period_from={"columns": ["month"]}), ["period_from", "month", "in no layout"]),
        (invented(rejection_tolerance=5), ["rejection_tolerance", "less than or equal to 1"]),
        (invented(parts_by={"file_name": "part_(.*)"}), ["parts_by", "(?P<part>"]),
        (with_column(name="Place Name"), ["columns.2.name", "pattern"]),
        (with_column(name="sex", watch=True), ["columns.2.watch", "Extra inputs"]),
        (with_column(name="day", type="date"), ["date column day needs formats"]),
        (with_column(name="ends", minimum="starts"), ["column ends", "starts", "in the layout"]),
        (with_column(name="why", only_if={"status": ["closed"]}), ["column why", "status"]),
        (with_column(name="site", shape="circle"), ["column site", "'circle'", "shapes.yml"]),
        (with_column(name="seen", not_after="taken"), ["column seen", "taken"]),
        (invented(rarely_repeats=[["place", "day"]]), ["rarely_repeats", "day", "in no layout"]),
        (with_column(name="site", headers=["place "]), ["'first'", "claims", "place", "twice"]),
        (invented(blank_counts_as={"day": "no"}), ["blank_counts_as", "day", "in no layout"]),
        (invented(follow_ups=FOLLOWED | {"each": "status"}), ["each names status", "same"]),
        (invented(follow_ups=FOLLOWED | {"days_of": {"A": [1, 2]}}), ["days_of needs each"]),
        (coded(blank_counts_as={"kind": "on"}),
         ["blank_counts_as of kind", "'on'", "limits 'no'", "share_at_most for 'on'"]),
        (coded(blank_counts_as={"place": "no"}), ["blank_counts_as of place", "limits no value"]),
        (with_column(name="kind", allowed=["yes", "no"], share_at_most={"on": 0.3}),
         ["share_at_most of kind", "'on'", "column kind allows 'yes', 'no'"]),
        (coded(follow_ups=followed_up({"yes": [1, 2], "later": [1, 2]})),
         ["follow_ups.days_of names 'later'", "kind allows 'yes', 'no', 'late'", "add 'later' to"]),
        (coded(follow_ups=followed_up(first={"kind": ["ye"]}, later={"kind": ["o"]})),
         ["follow_ups.first names 'ye'", "follow_ups.later names 'o'"]),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_file_and_field(
    tmp_path: Path, said: Said, wanted: list[str]
) -> None:
    message = refusal(tmp_path, said)
    for part in wanted:
        assert part in message


def test_what_names_values_that_occur_in_some_layout_is_sound(tmp_path: Path) -> None:
    said = coded(
        blank_counts_as={"kind": "no"}, follow_ups=followed_up({"yes": [1, 9], "late": [1, 2]})
    )

    assert load_contract(write(tmp_path, said)).blank_counts_as == {"kind": "no"}


def test_what_names_values_of_a_column_without_a_list_is_sound(tmp_path: Path) -> None:
    said = coded(follow_ups=followed_up({"anything": [1, 2]}))
    del said["layouts"][1]["columns"][-1]["allowed"]

    assert load_contract(write(tmp_path, said)).follow_ups


def test_a_share_of_the_cells_of_a_wide_layout_is_sound(tmp_path: Path) -> None:
    cell = {"name": "said", "description": "What was said.", "share_at_most": {"none": 0.5}}
    said = invented()
    said["layouts"][0]["wide"] = {
        "pattern": "q(?P<question>[0-9])", "groups": {"question": "question"}, "value": cell,
    }  # fmt: skip

    assert load_contract(write(tmp_path, said)).columns["said"].share_at_most


def test_a_file_that_is_no_yaml_is_told_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "invented_counts.yml"
    path.write_text("extract: invented_counts\nkey: [place\ntitle: x\n", encoding="utf-8")

    with pytest.raises(ContractError, match=r"invented_counts\.yml.*(?s:.*)line 3"):
        load_contract(path)


def test_a_file_must_be_named_like_its_extract(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"other\.yml describes invented_counts"):
        load_contract(write(tmp_path, invented(), "other.yml"))


def test_an_empty_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "invented_counts.yml").write_text("", encoding="utf-8")

    with pytest.raises(ContractError, match=r"invented_counts\.yml"):
        load_contract(tmp_path / "invented_counts.yml")


def test_an_included_set_that_is_not_there_is_told(tmp_path: Path) -> None:
    said = invented()
    said["layouts"][0]["columns"].insert(0, {"include": "envelop"})

    message = refusal(tmp_path, said)

    assert "includes 'envelop'" in message
    assert "column_sets/envelop.yml" in message


def test_an_included_set_counts_for_whether_a_contract_changed(tmp_path: Path) -> None:
    shutil.copytree(SHARED, tmp_path / "column_sets")
    said = invented()
    said["layouts"][0]["columns"].insert(0, {"include": "envelope"})
    before = load_contract(write(tmp_path, said))

    shared = tmp_path / "column_sets" / "envelope.yml"
    shared.write_text(shared.read_text().replace("constant: true", "constant: false"))

    after = load_contract(write(tmp_path, said))
    assert before.columns["submission_id"].constant
    assert not after.columns["submission_id"].constant
    assert before.content_hash != after.content_hash


def test_a_reference_to_an_extract_without_contract_is_told(tmp_path: Path) -> None:
    write(tmp_path, with_column(name="practice", references="practices.code"))

    with pytest.raises(ContractError, match=r"invented_counts\.yml refers to practices\.code"):
        load_contracts(tmp_path)


def test_contracts_that_refer_to_each_other_in_a_circle_are_told(tmp_path: Path) -> None:
    for name, other in (("eggs", "hens"), ("hens", "eggs")):
        said = {**with_column(name="other", references=f"{other}.place"), "extract": name}
        write(tmp_path, said, f"{name}.yml")

    with pytest.raises(ContractError, match=r"circle.*eggs.*hens.*eggs"):
        load_contracts(tmp_path)
