"""Nights in small: editions come, are revised, withdrawn and judged anew, and dbt builds of them.

Only the models that are built edition by edition, and the seed that they read.
"""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import yaml
from desk import Desk

from assets.extracts.contract_model.contract import Contract
from assets.extracts.contract_model.contract_files import CONTRACTS_FOLDER, load_contracts
from assets.extracts.holding.editions import Edition
from assets.extracts.holding.ledger import write_ledger
from assets.home import Build, Home
from assets.identity import identity_of_code
from assets.indicators.code_of_build import is_of_other_code, note_code
from assets.indicators.dbt_run import DbtRun, build_models
from assets.indicators.manifest import current_manifest
from expectations.validation import Validator

MODELS = sorted(
    path.stem
    for path in Path(__file__).parents[2].glob("dbt_project/models/staging/by_edition/*.sql")
)
DIRECTORY = "ods-reference/epraccur_2025-09.csv"
# By extract: the files that may come, each the edition of another period.
FILES = {
    "gpad_crosstab": [
        f"gp-appointments/Practice_Level_Crosstab_{month}_25.csv" for month in ("Jul", "Aug", "Nov")
    ],
    "gpad_mapping": ["ods-reference/GPAD_Mapping_2025-09.csv"],
    "ncdes_counts": [f"ncd-des/NCDes{month}24.csv" for month in ("Apr", "May", "Jun", "Jul")],
    "pcnwf_staff": [
        f"pcn-workforce/PCN_individual_level_2025-{month}.csv" for month in ("06", "09", "12")
    ],
    "reg_list_sizes": [
        f"gp-list-size/gp-reg-pat-prac-all_2025-{month}.csv" for month in ("06", "09", "12")
    ],
    "reg_practice_map": [
        f"gp-list-size/gp-reg-pat-prac-map_2025-{month}.csv" for month in ("09", "10", "11")
    ],
    "reg_quinary_age": [
        f"gp-list-size/gp-reg-pat-prac-quin-age_2025-{month}.csv" for month in ("09", "12")
    ],
}
_ALL = ("fqn:doing_with.staging.by_edition.*", "ncdes_concordance")
_AS_OF = date(2026, 1, 15)
# Appointments have thousands of rows a month; other files are taken whole.
_MOST_ROWS = 600
_CODE = re.compile(rb"\b[A-Z]\d{5}\b")


def files_of_sample(sample: Path) -> dict[str, bytes]:
    """The files that may come, with few rows; each month of the network service repeats another.

    What it repeats has other counts, so that it matters which edition is the last.
    """
    found: dict[str, bytes] = {}
    before: list[bytes] = []
    for name in (name for names in FILES.values() for name in names):
        header, *rows = (sample / name).read_bytes().splitlines(keepends=True)
        rows = rows[:: len(rows) // _MOST_ROWS + 1]
        repeated = []
        if name in FILES["ncdes_counts"]:
            repeated = [row.rpartition(b",")[0] + b",1\n" for row in before[::3]]
            before = rows
        found[name] = b"".join([header, *rows, *repeated])
    return found


class Nights:
    """A home whose landing zone changes, and the models built in it night by night."""

    def __init__(self, place: Path, dbt_project: Path, sample: Path) -> None:
        self.place = place
        self.dbt_project = dbt_project
        self.home = Home(place / "home")
        self.files = files_of_sample(sample)
        self.real: set[str] = set()
        self.desk = self._open(load_contracts())
        self.desk.put(DIRECTORY, (sample / DIRECTORY).read_bytes())
        self._declare()
        self.desk.take_in("ods_practices")

    def close(self) -> None:
        self.desk.close()

    # -- what happens to editions ----------------------------------------------------------------

    def arrive(self, name: str, content: bytes | None = None, *, synthetic: bool = True) -> Edition:
        """Land a file, as in the sample or with other content, and take it in."""
        self.desk.put(name, content or self.files[name])
        (self.real.discard if synthetic else self.real.add)(name)
        self._declare()
        extract = extract_of(name)
        self.desk.take_in(extract)
        [edition] = [e for e in self.desk.editions.in_use(extract) if names(e) == {name}]
        return edition

    def revise(self, name: str, draw: random.Random) -> Edition:
        """Land the same period without one practice or network."""
        header, *rows = self.files[name].splitlines(keepends=True)
        gone = draw.choice(sorted({code[0] for row in rows if (code := _CODE.search(row))}))
        return self.arrive(name, b"".join([header, *(row for row in rows if gone not in row)]))

    def withdraw(self, edition: Edition) -> None:
        """Take an edition away for good, with its file, as retention and forgetting do."""
        for name in names(edition):
            (self.desk.landing / name).unlink(missing_ok=True)
            self.real.discard(name)
        self.desk.editions.remove(edition)

    def judge_anew(self, change: Callable[[str], str]) -> None:
        """Judge all editions by contracts that are other than before, as texts of the files."""
        folder = self.place / "contracts"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(CONTRACTS_FOLDER, folder)
        for extract in FILES:
            path = folder / f"{extract}.yml"
            path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
        self.desk.close()
        self.desk = self._open(load_contracts(folder))
        self.desk.take_in(*FILES)

    @property
    def in_use(self) -> list[Edition]:
        """Editions that models may be built of."""
        return [edition for extract in FILES for edition in self.desk.editions.in_use(extract)]

    # -- what is built ---------------------------------------------------------------------------

    def night(self) -> DbtRun:
        """Write the ledger and build the models, as a night does."""
        self.write_ledger()
        return self.build()

    def write_ledger(self) -> None:
        """The ledger and the raw tables of what is in use."""
        self._write_ledger(self.desk.connection)

    def build(self) -> DbtRun:
        """Build the models of what the ledger says, as the step of a night does."""
        build = self._build(self.home, self.desk.connection)
        ran = _models(build, anew=is_of_other_code(build))
        if ran.success:
            note_code(build)
        return ran

    def some_models(self, *chosen: str) -> DbtRun:
        """Write the ledger and build a few models alone, as somebody may in the UI."""
        self.write_ledger()
        build = self._build(self.home, self.desk.connection)
        return _models(build, chosen, anew=is_of_other_code(build))

    def failed_night(self, failing: Path) -> DbtRun:
        """A night with a dbt project in which something fails, taken for that of before."""
        self.write_ledger()
        build = self._build(self.home, self.desk.connection)
        return _models(replace(build, dbt_project=failing, dbt_target=failing / "target"))

    def content(self) -> dict[str, str]:
        """Hash of the sorted rows of each model, all columns."""
        return content_of(self.desk.connection)

    def content_of_all_editions(self) -> dict[str, str]:
        """The same of models that are built of nothing but what is in use."""
        with self.built_of_nothing() as connection:
            return content_of(connection)

    @contextmanager
    def built_of_nothing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A build beside, that has never seen another night."""
        home = Home(self.place / "of_nothing")
        home.build.mkdir(parents=True)
        try:
            with duckdb.connect(str(home.warehouse)) as connection:
                self._write_ledger(connection)
                ran = _models(self._build(home, connection))
                assert ran.success, ran.what_failed()
                yield connection
        finally:
            shutil.rmtree(home.folder)

    def _open(self, contracts: dict[str, Contract]) -> Desk:
        return Desk(self.place / "landing", self.home, contracts)

    def _declare(self) -> None:
        """Say of every file but the real ones that it is made up."""
        made_up = {"match": "*", "synthetic": True, "reason": "made up for a test"}
        real = [{"match": name, "reason": "real for once"} for name in sorted(self.real)]
        text = yaml.safe_dump({"files": [*real, made_up]}, sort_keys=False)
        (self.desk.landing / "landing.yml").write_text(text, encoding="utf-8")

    def _write_ledger(self, connection: duckdb.DuckDBPyConnection) -> None:
        write_ledger(connection, self.desk.contracts, self.desk.editions, [], _AS_OF, "a night")

    def _build(self, home: Home, connection: duckdb.DuckDBPyConnection) -> Build:
        return Build(
            connection=connection,
            home=home,
            landing=str(self.desk.landing),
            fetches=False,
            as_of=_AS_OF,
            dbt_project=self.dbt_project,
            dbt_target=self.dbt_project / "target",
            code=identity_of_code(self.dbt_project, Path("none")),
            contracts=self.desk.contracts,
            validator=Validator(connection),
            memory_limit="1GB",
            counts_together=1,
        )


def _models(build: Build, chosen: Sequence[str] = _ALL, *, anew: bool = False) -> DbtRun:
    current_manifest(build.dbt_project, build.dbt_target)
    tests = ["resource_type:unit_test", "resource_type:test"]
    said: list[str] = []
    return build_models(build, chosen, tests, said.append, anew=anew)


def names(edition: Edition) -> set[str]:
    """Names of the files of an edition."""
    return {part.file_name for part in edition.parts}


def extract_of(name: str) -> str:
    """The extract that a file is of."""
    [extract] = [extract for extract, files in FILES.items() if name in files]
    return extract


def content_of(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Hash of the sorted rows of each model, all columns, with the number of rows before it."""
    found: dict[str, str] = {}
    for model in MODELS:
        [(rows, content)] = connection.execute(
            "select count(*), md5(string_agg(said, '\n' order by said)) "
            f"from (select rows::varchar as said from staging.{model} as rows)"
        ).fetchall()
        found[model] = f"{rows} rows {content}"
    return found
