"""Models that are built edition by edition are what a build of all editions would make of them.

Real editions, judged by the platform's own intake, and dbt as a night runs it.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from edition_nights import FILES, MODELS, Nights, names

from assets.extracts.holding.editions import Edition
from assets.indicators.column_lineage import columns_made_of, columns_of_build, looked_into
from assets.samples.landing import write_landing
from benchmarks.national.bare_script import is_of_all_editions

EVERY_FILE = [name for files in FILES.values() for name in files]
NOTE = Path("macros/dialect/note_editions_built_of.sql")
FAILING = ("stg_gpad_crosstab", "stg_ncdes_counts")
# A name that one practice has, which contracts that judge anew take for an empty cell.
NAME = "headers: [PRACTICE_NAME]}"
NAME_AS_EMPTY = "headers: [PRACTICE_NAME], null_tokens: [FICTIONAL MOOR SURGERY]}"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    write_landing(folder, practices=10, until="2025-12")
    return folder


@pytest.fixture
def project(parsed_project: Path, tmp_path: Path) -> Path:
    """A dbt project of the test's own, parsed already."""
    return Path(shutil.copytree(parsed_project, tmp_path / "dbt_project"))


@pytest.fixture
def nights(tmp_path: Path, project: Path, sample: Path) -> Iterator[Nights]:
    opened = Nights(tmp_path, project, sample)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def failing(parsed_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same project, but two models fail when their rows are written and not yet noted."""
    project = Path(shutil.copytree(parsed_project, tmp_path_factory.mktemp("failing") / "project"))
    macro = project / NOTE
    head = "{% macro default__note_editions_built_of() -%}\n"
    text = macro.read_text(encoding="utf-8")
    assert text.count(head) == 1
    fails = f"{{%- if this.identifier in {FAILING} %}}select error('out of room');{{% endif %}}\n"
    macro.write_text(text.replace(head, head + fails), encoding="utf-8")
    return project


# -- any sequence ----------------------------------------------------------------------------------


def step(nights: Nights, draw: random.Random, failing: Path) -> str:
    """Something that can happen between nights, or to one; says what it was."""
    landed = sorted(name for edition in nights.in_use for name in names(edition))
    coming = [name for name in EVERY_FILE if name not in landed]
    often, seldom = ["arrives", "revised", "gone"], ["back", "anew", "fails", "real", "alone"]
    match draw.choice([*often, *often, *often, *seldom]):
        case "arrives" if coming:
            return f"{nights.arrive(one_of(coming, draw)).edition_id} arrives"
        case "revised" if landed:
            return f"{nights.revise(one_of(landed, draw), draw).edition_id} is a revision"
        case "gone" if landed:
            name = one_of(landed, draw)
            [edition] = [held for held in nights.in_use if name in names(held)]
            nights.withdraw(edition)
            return f"{edition.edition_id} is withdrawn"
        case "back" if landed:
            return f"{nights.arrive(one_of(landed, draw)).edition_id} is as it was at first"
        case "anew":
            nights.judge_anew(draw.choice([as_they_are, other_names]))
            return "all are judged anew"
        case "fails":
            assert nights.failed_night(failing).success is False
            return "a night fails"
        case "alone":
            chosen = draw.sample(MODELS, 2)
            ran = nights.some_models(*chosen)
            assert ran.success, ran.what_failed()
            return f"{' and '.join(chosen)} are built alone"
        case "real" if landed:
            edition = nights.arrive(one_of(landed, draw), synthetic=bool(nights.real))
            return f"{edition.edition_id} is {'made up' if edition.synthetic else 'real'}"
    return "nothing"


def one_of(files: list[str], draw: random.Random) -> str:
    """A file; half of the time one of the extract whose editions compete for months."""
    competing = [name for name in files if name in FILES["ncdes_counts"]]
    return draw.choice(competing if competing and draw.random() < 0.5 else files)


def as_they_are(contract: str) -> str:
    return contract


def other_names(contract: str) -> str:
    return contract.replace(NAME, NAME_AS_EMPTY)


def holds_after(nights: Nights, failing: Path, seed: int, steps: int) -> None:
    """Let things happen, with a night after most of them, and compare after every night."""
    draw = random.Random(seed)
    happened = [nights.arrive(name).edition_id for name in draw.sample(EVERY_FILE, 14)]
    assert nights.night().success
    for number in range(steps):
        happened.append(step(nights, draw, failing))
        if draw.random() < 0.6 or number == steps - 1:
            ran = nights.night()
            assert ran.success, ran.what_failed()
            happened.append("a night")
            built, wanted = nights.content(), nights.content_of_all_editions()
            assert built == wanted, "\n".join(happened)


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_any_sequence_ends_in_what_a_build_of_all_editions_makes(
    nights: Nights, failing: Path, seed: int
) -> None:
    holds_after(nights, failing, seed, steps=6)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 104))
def test_any_longer_sequence_does(nights: Nights, failing: Path, seed: int) -> None:
    holds_after(nights, failing, seed, steps=25)


# -- models that are built without others ----------------------------------------------------------


def test_a_model_built_before_the_one_that_it_reads_has_the_new_month_later(nights: Nights) -> None:
    first, *_, last = FILES["ncdes_counts"]
    nights.arrive(first)
    assert nights.night().success
    before = nights.content()
    nights.arrive(last)
    assert nights.some_models("stg_ncdes_counts").success
    assert nights.content() == before
    assert nights.night().success
    assert nights.content() == nights.content_of_all_editions() != before


def test_a_model_of_unknown_editions_is_built_of_all(nights: Nights) -> None:
    all_arrive(nights)
    nights.night()
    gone = {files[0] for files in FILES.values()}
    for edition in nights.in_use:
        if names(edition) & gone:
            nights.withdraw(edition)
    for model in MODELS:
        nights.desk.connection.execute(f"drop table staging.{model}_editions")
    ran = nights.night()
    assert ran.success, ran.what_failed()
    assert nights.content() == nights.content_of_all_editions()
    assert nights.night().success
    assert nights.content() == nights.content_of_all_editions()


# -- what is left alone ----------------------------------------------------------------------------


def all_arrive(nights: Nights) -> None:
    for name in EVERY_FILE:
        nights.arrive(name)


def unreadable(nights: Nights, edition: Edition) -> None:
    """Spoil all values of an edition, and leave what its files say of themselves."""
    for path in nights.desk.editions.rows_paths(edition):
        values = duckdb.sql(
            "select coalesce(dictionary_page_offset, data_page_offset), total_compressed_size "
            f"from parquet_metadata('{path}')"
        ).fetchall()
        path.chmod(0o600)
        with path.open("r+b") as file:
            for start, size in values:
                file.seek(start)
                file.write(b"\xff" * size)
        with pytest.raises(duckdb.Error):
            duckdb.sql(f"select * from '{path}'").fetchall()


def test_rows_of_editions_that_did_not_change_are_not_read(nights: Nights) -> None:
    all_arrive(nights)
    assert nights.night().success
    # Of one extract nothing changes at all.
    draw, quiet = random.Random(7), "gpad_mapping"
    revised = [nights.revise(files[-1], draw) for name, files in FILES.items() if name != quiet]
    wanted = nights.content_of_all_editions()
    for edition in nights.in_use:
        if edition not in revised:
            unreadable(nights, edition)
    ran = nights.night()
    assert ran.success, ran.what_failed()
    assert nights.content() == wanted


def test_rows_of_editions_that_did_not_change_are_not_built_again(nights: Nights) -> None:
    """What somebody wrote into them is still there: only the next full rebuild would heal it."""
    all_arrive(nights)
    nights.night()
    for model in MODELS:
        nights.desk.connection.execute(f"update staging.{model} set edition_id = edition_id || '!'")
    before = nights.content()
    nights.night()
    assert nights.content() == before


def test_the_benchmark_knows_sql_that_is_of_all_editions(nights: Nights, project: Path) -> None:
    def of_all() -> dict[str, bool]:
        compiled = project / "target" / "compiled" / "doing_with" / "models/staging/by_edition"
        return {path.stem: is_of_all_editions(path.read_text()) for path in compiled.glob("*.sql")}

    nights.arrive(FILES["ncdes_counts"][0])
    nights.night()
    assert of_all() == dict.fromkeys(MODELS, True)
    nights.arrive(FILES["ncdes_counts"][1])
    nights.night()
    assert of_all() == dict.fromkeys(MODELS, False)


def test_the_ui_can_say_what_columns_are_made_of_whatever_has_changed(nights: Nights) -> None:
    for name in FILES["ncdes_counts"][:2]:
        nights.arrive(name)
        built = nights.night().nodes
    columns = columns_of_build(nights.desk.connection)
    for node in (result.node for result in built if result.node.name in MODELS):
        named = {one.split(".")[-1] for one in node.depends_on.nodes}
        parents = [(schema, name) for schema, name in columns if name in named]
        read = [*parents, *looked_into((node.schema, node.name), parents, columns)]
        made_of = columns_made_of(node.compiled_code, {table: columns[table] for table in read})
        assert made_of.keys() == columns[node.schema, node.name].keys(), node.name


@pytest.mark.slow
def test_other_code_builds_everything_anew_also_after_a_night_that_failed(
    nights: Nights, project: Path, failing: Path
) -> None:
    all_arrive(nights)
    nights.night()
    before = nights.content()
    seed = project / "seeds" / "ncdes_concordance.csv"
    lines = seed.read_text(encoding="utf-8").splitlines(keepends=True)
    seed.write_text("".join(line for line in lines if "PC01" not in line), encoding="utf-8")
    macro = project / NOTE
    sound = macro.read_bytes()
    macro.write_bytes((failing / NOTE).read_bytes())
    assert nights.night().success is False
    assert nights.content()["stg_ncdes_counts"] == before["stg_ncdes_counts"]
    macro.write_bytes(sound)
    assert nights.night().success
    assert nights.content() == nights.content_of_all_editions() != before


def test_rows_and_the_note_of_their_editions_change_together(nights: Nights, failing: Path) -> None:
    all_arrive(nights)
    nights.night()
    before = nights.content()
    nights.revise(FILES["gpad_crosstab"][0], random.Random(5))
    nights.revise(FILES["ncdes_counts"][1], random.Random(5))
    ran = nights.failed_night(failing)
    failed = {node.node.name for node in ran.nodes if str(node.status) == "error"}
    assert failed == set(FAILING)
    assert {model: nights.content()[model] for model in FAILING} == {
        model: before[model] for model in FAILING
    }
    assert nights.content()["stg_ncdes_submissions"] != before["stg_ncdes_submissions"]
    assert nights.build().success
    assert nights.content() == nights.content_of_all_editions()
