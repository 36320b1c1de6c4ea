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
from edition_nights import FILES, MODELS, Nights, extract_of, names

from assets.extracts.holding.editions import Edition
from assets.samples.landing import write_landing

EVERY_FILE = [name for files in FILES.values() for name in files]
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
    macro = project / "macros" / "by_edition.sql"
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
    match draw.choice(["arrives"] * 4 + ["revised"] * 4 + ["gone"] * 3 + ["back", "anew", "fails", "real"]):
        case "arrives" if coming:
            return f"{nights.arrive(draw.choice(coming)).edition_id} arrives"
        case "revised" if landed:
            return f"{nights.revise(draw.choice(landed), draw).edition_id} is a revision"
        case "gone" if landed:
            edition = draw.choice(nights.in_use)
            nights.withdraw(edition)
            return f"{edition.edition_id} is withdrawn"
        case "back" if landed:
            return f"{nights.arrive(draw.choice(landed)).edition_id} is as it was at first"
        case "anew":
            nights.judge_anew(draw.choice([as_they_are, other_names]))
            return "all are judged anew"
        case "fails":
            assert nights.failed_night(failing).success is False
            return "a night fails"
        case "real" if landed:
            edition = nights.arrive(draw.choice(landed), synthetic=bool(nights.real))
            return f"{edition.edition_id} is {'made up' if edition.synthetic else 'real'}"
    return "nothing"


def as_they_are(contract: str) -> str:
    return contract


def other_names(contract: str) -> str:
    return contract.replace(NAME, NAME_AS_EMPTY)


def holds_after(nights: Nights, failing: Path, seed: int, steps: int) -> None:
    """Let things happen, with a night after most of them, and compare after every night."""
    draw = random.Random(seed)
    happened = []
    for name in draw.sample(EVERY_FILE, 12):
        happened.append(nights.arrive(name).edition_id)
    for number in range(steps):
        happened.append(step(nights, draw, failing))
        if draw.random() < 0.6 or number == steps - 1:
            ran = nights.night()
            assert ran.success, ran.what_failed()
            happened.append("a night")
            built, wanted = nights.content(), nights.content_of_all_editions()
            assert built == wanted, "\n".join(happened)


@pytest.mark.parametrize("seed", [1, 2])
def test_any_sequence_ends_in_what_a_build_of_all_editions_makes(
    nights: Nights, failing: Path, seed: int
) -> None:
    holds_after(nights, failing, seed, steps=10)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 108))
def test_any_longer_sequence_does(nights: Nights, failing: Path, seed: int) -> None:
    holds_after(nights, failing, seed, steps=40)
