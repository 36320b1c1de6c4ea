"""Every fault against the whole gate, and clean data varied: writes docs/quality/campaign.md.

    python tests/integration/gate_campaign.py --home data/sample

``make campaign-gate`` does it, in minutes. Whole nights on clean data are ``seed_campaign.py``;
``--variations`` resamples the finished build, in seconds.
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from gate_candidates import CANDIDATE_FAULTS, CandidateFault, open_build, strike_candidate
from gate_faults import FAULTS_OF_WAREHOUSE
from gate_trial import broken, did_not_run, tried
from night import ROOT, make_writable

from assets.extracts.contract_model.contract_files import load_contracts
from assets.home import Home
from assets.release.disclosure.profile import STD
from assets.release.gate import rules_of_build, rules_of_raw_tables
from expectations.rules import Rule
from expectations.validation import Validator

PAGE = ROOT / "docs" / "quality" / "campaign.md"


def main() -> None:
    """Run the campaign and write its page; ends with 1 when a fault was missed."""
    asked = _arguments()
    warehouse = Home(asked.home).warehouse
    raw = rules_of_raw_tables(load_contracts(), asked.as_of)
    rules = [*raw, *rules_of_build(asked.target / "manifest.json", STD)]
    with _scratch() as place:
        clean, seconds = _validated(warehouse, place, rules)
        faults, missed = _faults(warehouse, place, rules, asked.seed, clean)
        candidates, let_through = _candidates(warehouse, place, asked.as_of)
        alarms, varied = _variations(warehouse, place, rules, asked.variations, clean)
    critical = {rule.id for rule in rules if rule.severity == "critical"}
    page = [
        "# Mutation check of the gate",
        "",
        "Written by `make campaign-gate` (tests/integration/gate_campaign.py); not by hand.",
        "",
        f"- Seed {asked.seed}; {len(rules):,} rules on "
        f"{len({rule.table for rule in rules})} tables of the sample's build, "
        f"all of them in {seconds:.1f} s after Great Expectations was imported.",
        f"- Clean data: {len(clean & critical)} critical rules and {len(clean - critical)} "
        f"warnings did not hold{_listed(clean)}.",
        f"- {len(faults)} faults in the build: {len(missed)} missed{_listed(missed)}.",
        f"- {len(candidates)} faults in the candidate: {len(let_through)} missed"
        f"{_listed(let_through)}.",
        "- Every rule has a fault here, or a reason for none in "
        "`tests/integration/rules_without_faults.yml`.",
        f"- {asked.variations} variations of the finished build (a fifth of the practices and "
        f"three tenths of the indicators left out, by seed): {len(alarms)} false alarms"
        f"{_listed(alarms)}; median {varied:.1f} s. This shows that no rule on the marts leans on "
        "a row that happens to be there; other numbers it does not show.",
        "",
        "| fault | must be caught by | also caught by | seconds |",
        "|---|---|---|---|",
        *faults,
        *candidates,
        "",
    ]
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text("\n".join(page), encoding="utf-8")
    sys.exit(1 if missed or let_through or alarms or clean & critical else 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=ROOT / "data" / "sample")
    parser.add_argument("--target", type=Path, default=ROOT / "dbt_project" / "target")
    parser.add_argument("--as-of", type=date.fromisoformat, default=date(2025, 11, 1))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--variations", type=int, default=50)
    return parser.parse_args()


@contextmanager
def _scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        try:
            yield place
        finally:
            make_writable(place)


def _validated(warehouse: Path, place: Path, rules: Sequence[Rule]) -> tuple[frozenset[str], float]:
    """Rules that do not hold of sound data, and what all of them cost."""
    copy = Path(shutil.copy(warehouse, place / "clean_build.duckdb"))
    with duckdb.connect(str(copy)) as connection:
        validator = Validator(connection)
        validator.validate(rules[:1])
        began = time.perf_counter()
        outcomes = validator.validate(rules)
        return broken(outcomes) | did_not_run(outcomes), time.perf_counter() - began


def _faults(
    warehouse: Path, place: Path, rules: Sequence[Rule], seed: int, clean: frozenset[str]
) -> tuple[list[str], list[str]]:
    rows, missed = [], []
    for fault in FAULTS_OF_WAREHOUSE:
        trial = tried(warehouse, place, fault, seed, rules, clean)
        others = sorted(trial.caught_by - set(fault.caught_by))
        rows.append(_row(fault.name, fault.caught_by, others, trial.seconds))
        if trial.missed_by:
            missed.append(fault.name)
    return rows, missed


def _candidates(warehouse: Path, place: Path, as_of: date) -> tuple[list[str], list[str]]:
    rows, missed = [], []
    build = open_build(warehouse, place / "in_force", as_of)
    clean = broken(strike_candidate(build, CandidateFault("nothing", ())))
    for fault in CANDIDATE_FAULTS:
        began = time.perf_counter()
        found = broken(strike_candidate(build, fault)) - clean
        others = sorted(found - set(fault.caught_by))
        rows.append(_row(fault.name, fault.caught_by, others, time.perf_counter() - began))
        if not set(fault.caught_by) <= found:
            missed.append(fault.name)
    build.connection.close()
    return rows, missed


def _variations(
    warehouse: Path, place: Path, rules: Sequence[Rule], number: int, clean: frozenset[str]
) -> tuple[list[str], float]:
    """False alarms on parts of a sound build, chosen by seed."""
    of_marts = [rule for rule in rules if rule.table.startswith("marts.")]
    alarms, took = [], [0.0]
    for seed in range(number):
        copy = Path(shutil.copy(warehouse, place / "varied_build.duckdb"))
        with duckdb.connect(str(copy)) as connection:
            _leave_out(connection, random.Random(seed))
            began = time.perf_counter()
            outcomes = Validator(connection).validate(of_marts)
            found = broken(outcomes) | did_not_run(outcomes)
            took.append(time.perf_counter() - began)
        alarms += [f"seed {seed}: {rule}" for rule in sorted(found - clean)]
    return alarms, statistics.median(took[1:] or took)


def _leave_out(connection: duckdb.DuckDBPyConnection, chance: random.Random) -> None:
    """Leave the same indicators and practices out of every mart of values."""
    for column, table, share in (
        ("indicator_id", "marts.indicators", 0.3),
        ("area_code", "marts.areas where area_type = 'practice'", 0.2),
    ):
        found = connection.execute(f"select {column} from {table} order by all").fetchall()
        gone = chance.sample([value for (value,) in found], int(len(found) * share))
        of_practices = " and area_type = 'practice'" if column == "area_code" else ""
        for mart in ("indicator_values", "latest_values", "indicator_trends", "spc_points"):
            connection.execute(
                f"delete from marts.{mart} where list_contains(?, {column}){of_practices}", [gone]
            )


def _row(name: str, wanted: Sequence[str], others: Sequence[str], seconds: float) -> str:
    def told(rules: Sequence[str]) -> str:
        more = f" and {len(rules) - 4} more" if len(rules) > 4 else ""
        return ", ".join(f"`{rule}`" for rule in rules[:4]) + more

    return f"| {name} | {told(wanted)} | {told(others)} | {seconds:.1f} |"


def _listed(names: Sequence[str] | frozenset[str]) -> str:
    return f" ({', '.join(sorted(names)[:10])})" if names else ""


if __name__ == "__main__":
    main()
