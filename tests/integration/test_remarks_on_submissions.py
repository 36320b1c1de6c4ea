"""What a provider is told of a whole submission: who was not followed up, who has not said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from desk import Desk

from assets.extracts.contract_model.contract_files import load_contracts
from assets.home import Home

ENVELOPE = (
    "submission_id,submitter_org_id,extract_code,schema_version,period_start,period_end,"
    "extracted_at"
)
BASELINE = date(2025, 1, 1)
ITEMS = {"MYCAW": "concern_1", "PAM13": "total", "UCLA3": "total", "ONS4": "happy"}
Answers = list[tuple[str, int, int]]
Send = Callable[[str, str, list[str]], str]


@pytest.fixture
def send(tmp_path: Path) -> Iterator[Send]:
    """Send a file, as code, columns after the envelope, and rows; gives all that is told of it."""
    desk = Desk(tmp_path / "landing", Home(tmp_path / "home"), load_contracts())
    desk.declare()

    def sent(code: str, columns: str, rows: list[str]) -> str:
        said = (
            f"0b6f8b8e-4f0e-4c57-9f0c-6f2f3f1c9a11,GB-CHC-1234567,{code},1.0.0,2025-01-01,"
            "2025-07-31,2025-08-04T09:30:00Z"
        )
        lines = [f"{ENVELOPE},{columns}", *(f"{said},{row}" for row in rows), ""]
        desk.put(f"{code}_1.csv", "\r\n".join(lines).encode())
        contract = next(c for c in desk.contracts.values() if c.extract_code == code)
        [edition] = desk.take_in(contract.extract)[contract.extract]
        assert edition.verdict == "accepted", edition.reason
        return edition.reason

    yield sent
    desk.close()


# -- follow-up -------------------------------------------------------------------------------------


def not_followed_up(send: Send, answers: Answers) -> str:
    """What is told of questionnaire, person and days after the first answer, 0 for that itself."""
    rows = [
        f"P{number},{person:064x},{instrument},1,{ITEMS[instrument]},3,"
        f"{BASELINE + timedelta(days)},{'followup' if days else 'baseline'}"
        for number, (instrument, person, days) in enumerate(answers)
    ]
    columns = (
        "prom_id,person_key,instrument,instrument_version,item,value,administered_date,timepoint"
    )
    told = send("X-PROM", columns, rows).split("; ")
    return "; ".join(sentence for sentence in told if "followed up" in sentence)


@pytest.mark.parametrize(
    ("instrument", "days", "counts"),
    [
        ("MYCAW", 27, False), ("MYCAW", 28, True), ("MYCAW", 182, True), ("MYCAW", 183, False),
        ("PAM13", 28, False), ("PAM13", 41, False), ("PAM13", 42, True), ("PAM13", 182, True),
        ("PAM13", 183, False), ("UCLA3", 41, False), ("UCLA3", 42, True), ("ONS4", 41, False),
    ],
)  # fmt: skip
def test_each_questionnaire_has_its_days(
    send: Send, instrument: str, days: int, counts: bool
) -> None:
    told = not_followed_up(send, [(instrument, 1, 0), (instrument, 1, days)])

    assert (told == "") == counts
    assert counts or f": 1 (instrument {instrument}, share 0" in told


def test_a_questionnaire_that_few_answer_twice_is_told_by_name(send: Send) -> None:
    # Nine in ten of PAM, and more than half of all together, are enough; two in ten of UCLA not.
    first = [(name, person, 0) for name in ("PAM13", "UCLA3") for person in range(10)]
    again = [("PAM13", person, 90) for person in range(9)]
    again += [("UCLA3", person, 90) for person in range(2)]

    told = not_followed_up(send, [*first, *again])

    assert (
        "at least 30% of each instrument are followed up 42 to 182 days later (MYCAW: 28 to 182)"
    ) in told
    assert ": 1 (instrument UCLA3, share 0.2" in told
    assert "PAM13" not in told


# -- ethnic group ----------------------------------------------------------------------------------


def not_stated(send: Send, code: str, columns: str, rows: list[str]) -> str:
    told = send(code, columns, rows).split("; ")
    return "; ".join(sentence for sentence in told if "ethnic_group" in sentence)


REFERRAL = "referral_id,provider_org_id,referral_date,referral_source,status,ethnic_group"
ANSWER = (
    "prom_id,person_key,instrument,instrument_version,item,value,administered_date,timepoint,"
    "ethnic_group"
)
GROUP = "group_id,name,org_code,org_level,group_type,decision_right,active_from"
SEAT = "seat_id,group_id,seat_type,voting,filled,from,ethnic_group"
ROWS = {
    "X-SPREF": (REFERRAL, "R{0},GB-CHC-1234567,2025-03-03,gp,active,{1}"),
    "X-PROM": (ANSWER, "P{0},{0:064x},ONS4,1,happy,3,2025-07-03,baseline,{1}"),
}


@pytest.mark.parametrize("code", ROWS)
@pytest.mark.parametrize(
    ("blank", "unsaid", "is_told"), [(3, 0, False), (4, 0, True), (2, 2, True), (0, 4, True)]
)
def test_who_left_their_ethnic_group_blank_has_not_stated_it(
    send: Send, code: str, blank: int, unsaid: int, is_told: bool
) -> None:
    said = [""] * blank + ["not_stated"] * unsaid
    said += ["white"] * (10 - len(said))
    columns, row = ROWS[code]

    told = not_stated(send, code, columns, [row.format(n, group) for n, group in enumerate(said)])

    assert bool(told) == is_told
    assert not is_told or "'not_stated' or blank in at most 30.0%" in told


def test_seats_of_others_are_rightly_blank(send: Send) -> None:
    seats = [f"S{n},G1,manager,true,true,2025-03-03," for n in range(7)]
    seats += [f"S{n},G1,lived_experience,true,true,2025-03-03,white" for n in range(7, 10)]
    send("X-DGRP", GROUP, ["G1,Board,QHM,icb,board,decides,2025-01-01"])

    assert not_stated(send, "X-DSEAT", SEAT, seats) == ""
