"""Questionnaires of a provider: who counts as followed up, and what it is told of each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from desk import Desk

from assets.extracts.contract_model.contract_files import load_contracts
from assets.home import Home

HEADER = (
    "submission_id,submitter_org_id,extract_code,schema_version,period_start,period_end,"
    "extracted_at,prom_id,person_key,instrument,instrument_version,item,value,"
    "administered_date,timepoint"
)
ENVELOPE = (
    "0b6f8b8e-4f0e-4c57-9f0c-6f2f3f1c9a11,GB-CHC-1234567,X-PROM,1.0.0,2025-01-01,2025-07-31,"
    "2025-08-04T09:30:00Z"
)
BASELINE = date(2025, 1, 1)
ITEMS = {"MYCAW": "concern_1", "PAM13": "total", "UCLA3": "total", "ONS4": "happy"}
Answers = list[tuple[str, int, int]]
Send = Callable[[Answers], str]


@pytest.fixture
def send(tmp_path: Path) -> Iterator[Send]:
    """Send answers, and give what is told of those who were not followed up.

    An answer is questionnaire, person and days after the first answer, 0 for that itself.
    """
    desk = Desk(tmp_path / "landing", Home(tmp_path / "home"), load_contracts())
    desk.declare()

    def sent(answers: Answers) -> str:
        rows = [
            f"{ENVELOPE},P{number},{person:064x},{instrument},1,{ITEMS[instrument]},3,"
            f"{BASELINE + timedelta(days)},{'followup' if days else 'baseline'}"
            for number, (instrument, person, days) in enumerate(answers)
        ]
        desk.put("X-PROM_1.csv", "\r\n".join([HEADER, *rows, ""]).encode())
        [edition] = desk.take_in("prom_items")["prom_items"]
        assert edition.verdict == "accepted", edition.reason
        told = edition.reason.split("; ")
        return "; ".join(sentence for sentence in told if "followed up" in sentence)

    yield sent
    desk.close()


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
    told = send([(instrument, 1, 0), (instrument, 1, days)])

    assert (told == "") == counts
    assert counts or f": 1 (instrument {instrument}, share 0" in told


def test_a_questionnaire_that_nobody_answers_twice_is_told_by_name(send: Send) -> None:
    # Three in ten of PAM, and of all together, are enough; two in ten of UCLA are not.
    first = [(name, person, 0) for name in ("PAM13", "UCLA3") for person in range(10)]
    again = [("PAM13", person, 90) for person in range(9)]
    again += [("UCLA3", person, 90) for person in range(2)]

    told = send([*first, *again])

    assert (
        "at least 30% of each instrument are followed up 42 to 182 days later (MYCAW: 28 to 182)"
    ) in told
    assert ": 1 (instrument UCLA3, share 0.2" in told
    assert "PAM13" not in told
