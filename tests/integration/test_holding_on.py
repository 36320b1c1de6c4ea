"""What is held stays right: after refusals, upgrades, withdrawn files and dirty edges of a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from desk import Desk
from test_forgetting import NAME, SUBMITTER, submission

from assets.extracts.contract_model.contract import Contract
from assets.extracts.holding.editions import Edition
from assets.home import Home
from assets.samples.landing import write_landing

EXTRACT = "timebank_exchanges"
MEASURES = ("Anxiety", "Happiness", "Life_satisfaction", "Worthwhile")


@pytest.fixture
def held(tmp_path: Path, contracts: dict[str, Contract]) -> Iterator[Desk]:
    """A desk that knows no practice; nothing of the time bank refers to one."""
    opened = Desk(tmp_path / "landing", Home(tmp_path / "home"), contracts)
    opened.declare()
    opened.take_in("ods_practices")
    yield opened
    opened.close()


def deliver(desk: Desk, content: bytes, name: str = NAME, extract: str = EXTRACT) -> list[Edition]:
    desk.put(name, content)
    return desk.take_in(extract)[extract]


def upgraded(desk: Desk) -> Desk:
    """The same desk with a contract that has changed in a way that makes no difference."""
    contract = desk.contracts[EXTRACT]
    changed = contract.model_copy(update={"content_hash": f"{contract.content_hash} again"})
    desk.contracts = {**desk.contracts, EXTRACT: changed}
    desk.intake = replace(desk.intake, contracts=desk.contracts)
    return desk


def test_an_earlier_version_sent_again_after_an_upgrade_is_in_use(held: Desk) -> None:
    first, second = submission("1"), submission("1", "2")
    deliver(held, first)
    deliver(held, second)
    assert len(held.raw(EXTRACT)) == 2
    upgraded(held).take_in(EXTRACT)
    assert len(held.raw(EXTRACT)) == 2

    deliver(held, first)

    assert len(held.raw(EXTRACT)) == 1
    assert held.take_in(EXTRACT)[EXTRACT] == [], "nothing is evaluated when nothing is new"


def test_a_corrected_part_is_enough_after_a_refused_one(held: Desk, tmp_path: Path) -> None:
    write_landing(tmp_path / "sample", practices=5)
    files = sorted((tmp_path / "sample" / "community").glob("ons_subnational_*.csv"))
    assert len(files) == len(MEASURES)
    for path in files:
        held.put(f"community/{path.name}", path.read_bytes())
    [whole] = held.take_in("ons_wellbeing")["ons_wellbeing"]
    assert whole.verdict == "accepted", whole.reason
    rows = len(held.raw("ons_wellbeing"))
    for path in files:
        (held.landing / "community" / path.name).unlink()
    name, content = f"community/{files[0].name}", files[0].read_bytes()
    [refused] = deliver(held, content + b"\xff\n", name, "ons_wellbeing")
    assert refused.verdict == "refused"

    width = content.splitlines()[0].count(b",")
    added = b"E06999999,Example,5.5" + b"," * (width - 2) + b"\r\n"
    [mended] = deliver(held, content.rstrip() + b"\r\n" + added, name, "ons_wellbeing")

    assert mended.verdict == "accepted", mended.reason
    assert len(held.raw("ons_wellbeing")) == rows + 1


@pytest.mark.parametrize(
    "header", ["9434765919", "jo.bloggs@example.org"], ids=["NHS number", "e-mail"]
)
def test_an_identifier_in_a_header_refuses_the_file(held: Desk, header: str) -> None:
    content = submission("1").replace(b",category\n", f",category,{header}\n".encode())

    [edition] = deliver(held, content.replace(b"planted walks", b"planted walks,x"))

    assert edition.verdict == "refused"
    assert "in the header" in edition.reason
    assert header not in edition.model_dump_json()
    assert not held.archive.holds(edition.parts[0].sha256)


def test_details_in_a_broken_row_are_not_archived(held: Desk) -> None:
    broken = b"x,y,z,1,2,3,4,5,6,7,8,9,10,11,ring 07700 900123,12\n"

    lines = submission(*["1"] * 25).splitlines(keepends=True)
    [edition] = deliver(held, b"".join([*lines[:10], broken, *lines[10:]]))

    assert edition.verdict == "accepted", edition.reason
    archived = held.archive.path_of(edition.parts[0].sha256).read_bytes()
    assert b"900123" not in archived
    assert b"PLANTED-0025" in archived


def test_a_refused_file_of_two_submissions_is_not_archived(held: Desk) -> None:
    other = submission("2").replace(b"0f0e0d0c", b"1f1e1d1c").splitlines()[1]

    [edition] = deliver(held, submission("1") + other + b"\n")

    assert edition.verdict == "refused"
    assert "one file is one submission" in edition.reason
    assert not held.archive.holds(edition.parts[0].sha256)


def test_keys_that_differ_by_a_space_are_one_key(held: Desk) -> None:
    content = submission("1", "2").replace(b"PLANTED-0002", b"PLANTED-0001 ")

    [edition] = deliver(held, content)

    assert edition.verdict == "refused"
    assert "no two rows share the key" in edition.reason


def test_overlapping_periods_of_one_submitter_are_refused(held: Desk) -> None:
    deliver(held, submission("1"))
    quarter = submission("1", "2").replace(b"2025-09-01,2025-09-30", b"2025-07-01,2025-09-30")

    [edition] = deliver(held, quarter, NAME.replace("2025-09", "Q2"))

    assert edition.verdict == "refused"
    assert "overlaps with 2025-09" in edition.reason
    assert len(held.raw(EXTRACT)) == 1


def test_a_blank_submitter_in_one_row_does_not_hide_who_sent_it(held: Desk) -> None:
    content = submission(*["1"] * 25).replace(SUBMITTER.encode(), b"", 1)

    [edition] = deliver(held, content)

    assert (edition.submitter, edition.rows_quarantined) == (SUBMITTER, 1)


def test_a_submitter_that_is_an_identifier_names_no_folder(held: Desk) -> None:
    content = submission("1").replace(f"{SUBMITTER},X-TBANK".encode(), b"9434765919,X-TBANK")

    [edition] = deliver(held, content)

    assert "9434765919" not in edition.model_dump_json()
    assert "9434765919" not in str(held.editions.path_of(edition))
