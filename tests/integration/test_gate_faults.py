"""The gate against named faults: each is caught by the rule that should, and clean data pass.

Every day another six are planted, all of them by ``make test-slow``; GATE_SEED names a day again.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest
import yaml
from gate_candidates import CANDIDATE_FAULTS, CandidateFault, open_build, strike_candidate
from gate_fault import Fault, NothingToStrikeError, in_one_row
from gate_faults import FAULTS_OF_WAREHOUSE
from gate_trial import broken, did_not_run, plant, rules_about, tried
from night import AS_OF, Night, make_writable

from assets.extracts.contract_model.contract import Contract
from assets.home import Build, Home
from assets.release.auditing import rules_of_candidate
from assets.release.disclosure.profile import STD
from assets.release.gate import rules_of_build, rules_of_raw_tables
from expectations.rules import NoRows, Outcome, Rule
from expectations.validation import Validator

SEED = int(os.environ.get("GATE_SEED", str(date.today().toordinal())))
A_DAY = 6
REASONS = Path(__file__).with_name("rules_without_faults.yml")
# They strike extracts that the night which tests share is made without (``left_out_of_nights``);
# the campaign, on the whole sample, plants them too.
ONLY_IN_THE_CAMPAIGN = frozenset(
    {
        "a value above its own limits",
        "budgets that nobody counted",
        "a quarter of budgets by itself, not from April",
        "fewer than no appointments",
        "more practices included than open",
        "appointments of a half that is called the whole",
        "appointments of other practices than our denominator",
        "similarity without what chance gives",
    }
)
FAULTS = [fault for fault in FAULTS_OF_WAREHOUSE if fault.name not in ONLY_IN_THE_CAMPAIGN]


@dataclass(frozen=True)
class Finished:
    """A finished build, the rules on its raw tables and those on all that was made of them."""

    warehouse: Path
    of_raw_tables: list[Rule]
    of_build: list[Rule]

    @property
    def rules(self) -> list[Rule]:
        return [*self.of_raw_tables, *self.of_build]


@pytest.fixture(scope="module")
def finished(baseline: Night, contracts: dict[str, Contract]) -> Finished:
    manifest = baseline.dbt_project / "target" / "manifest.json"
    raw = rules_of_raw_tables(contracts, date.fromisoformat(AS_OF))
    return Finished(Home(baseline.home).warehouse, raw, rules_of_build(manifest, STD))


@pytest.fixture(scope="module")
def clean(finished: Finished) -> list[Outcome]:
    """What every rule finds before anything is planted."""
    with duckdb.connect(str(finished.warehouse), read_only=True) as connection:
        return Validator(connection).validate(finished.rules)


@pytest.fixture(scope="module")
def in_force(finished: Finished, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Build]:
    place = tmp_path_factory.mktemp("in_force")
    build = open_build(finished.warehouse, place, date.fromisoformat(AS_OF))
    yield build
    build.connection.close()
    make_writable(place)


def test_every_fault_names_rules_that_there_are(finished: Finished) -> None:
    known = {rule.id for rule in finished.rules}
    for fault in FAULTS_OF_WAREHOUSE:
        assert set(fault.caught_by) <= known, fault.name
    names = [fault.name for fault in (*FAULTS_OF_WAREHOUSE, *CANDIDATE_FAULTS)]
    assert len(names) == len(set(names))
    assert len(names) >= 40
    assert set(names) >= ONLY_IN_THE_CAMPAIGN


def test_every_rule_has_a_fault_or_a_reason_for_none(finished: Finished) -> None:
    made = [*finished.of_build, *rules_of_candidate(STD)]
    # A rule of one name is asked of many tables, and planted in one of them.
    asked_as = {rule.id: f"{rule.table.split('.')[0]}.{rule.name}" for rule in made}
    asked_as |= {rule.id: f"raw.{rule.name}" for rule in finished.of_raw_tables}
    faults = (*FAULTS_OF_WAREHOUSE, *CANDIDATE_FAULTS)
    planted = {asked_as[rule_id] for fault in faults for rule_id in fault.caught_by}
    reasons = yaml.safe_load(REASONS.read_text(encoding="utf-8"))
    assert reasons.keys() == set(asked_as.values()) - planted


def test_every_fault_strikes_something(finished: Finished, tmp_path: Path) -> None:
    missed = []
    with duckdb.connect(str(shutil.copy(finished.warehouse, tmp_path))) as connection:
        for fault in FAULTS:
            connection.begin()
            try:
                plant(connection, fault, SEED)
            except NothingToStrikeError as error:
                missed.append(str(error))
            connection.rollback()
    assert not missed, "\n".join(missed)


def test_a_fault_that_strikes_nothing_is_refused_by_its_name(
    finished: Finished, in_force: Build, tmp_path: Path
) -> None:
    nowhere = in_one_row("marts.areas", "an area of Wales", "area_code = 'W'", "false", "is_known")
    with pytest.raises(NothingToStrikeError, match="an area of Wales: update"):
        tried(finished.warehouse, tmp_path, nowhere, SEED, [])
    of_candidate = CandidateFault("no area", (), in_build="delete from marts.areas where false")
    with pytest.raises(NothingToStrikeError, match="no area: delete from"):
        strike_candidate(in_force, of_candidate)


def test_clean_data_pass(finished: Finished, clean: list[Outcome]) -> None:
    assert len(clean) > 1000
    assert not [o.sentence() for o in clean if o.blocks]
    assert not did_not_run(clean)


def test_a_rule_that_did_not_run_has_caught_nothing() -> None:
    asked, gone = (
        NoRows(table=table, name="holds", description="it holds", query="q")
        for table in ("m.a", "m.gone")
    )
    outcomes = [
        Outcome(asked, False, "1 row does not"),
        Outcome(gone, False, "did not run: no table m.gone"),
    ]
    assert broken(outcomes) == {"m.a.holds"}
    assert did_not_run(outcomes) == {"m.gone.holds"}


@pytest.mark.parametrize(
    "fault", random.Random(SEED).sample(FAULTS, A_DAY), ids=lambda fault: fault.name
)
def test_the_faults_of_the_day_are_caught(
    finished: Finished, clean: list[Outcome], fault: Fault, tmp_path: Path
) -> None:
    _require_caught(finished, clean, fault, tmp_path)


@pytest.mark.slow
def test_every_fault_is_caught(finished: Finished, clean: list[Outcome], tmp_path: Path) -> None:
    for fault in FAULTS:
        _require_caught(finished, clean, fault, tmp_path)


def _require_caught(finished: Finished, clean: list[Outcome], fault: Fault, place: Path) -> None:
    about = rules_about(fault, finished.rules)
    trial = tried(finished.warehouse, place, fault, SEED, about, broken(clean))
    assert not trial.missed_by, f"{fault.name} (GATE_SEED={SEED}) only by {trial.caught_by}"
    assert not trial.did_not_run, fault.name


@pytest.mark.parametrize(
    "fault", random.Random(SEED).sample(CANDIDATE_FAULTS, 2), ids=lambda fault: fault.name
)
def test_the_candidates_of_the_day_are_caught(in_force: Build, fault: CandidateFault) -> None:
    _require_refused(in_force, fault, _broken_when_sound(in_force))


@pytest.mark.slow
def test_every_bad_candidate_is_caught(in_force: Build) -> None:
    before = _broken_when_sound(in_force)
    for fault in CANDIDATE_FAULTS:
        _require_refused(in_force, fault, before)
    # A fault that stayed would have been found again with the next.
    assert _broken_when_sound(in_force) == before


def _broken_when_sound(build: Build) -> frozenset[str]:
    """Rules that a candidate without a fault breaks already; none of them blocks."""
    outcomes = strike_candidate(build, CandidateFault("nothing", ()))
    assert not [o.sentence() for o in outcomes if o.blocks]
    return broken(outcomes)


def _require_refused(build: Build, fault: CandidateFault, before: frozenset[str]) -> None:
    found = broken(strike_candidate(build, fault)) - before
    # Without some extracts an indicator has no England in the night that tests share, fault or not.
    wanted = set(fault.caught_by) - before
    assert wanted <= found, f"{fault.name} only by {sorted(found)}"
