"""The documentation says what the code does: tutorials run, generated pages leave nothing out."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from tutorials import TUTORIALS, blocks, write_folder

from assets.extracts.contract_model.contract import Contract
from assets.extracts.contract_model.contract_files import load_contracts
from assets.release.tables import DERIVED_TABLES, PUBLISHED_TABLES
from docs.generating import (
    decision_list,
    extract_pages,
    governance_tables,
    indicator_catalogue,
    release_tables,
)
from docs.generating.blocking import FILES, RELEASE, STAGES, BlockingRule, blocking_rules
from docs.generating.markdown import escaped
from docs.generating.runbook import (
    Entry,
    UnexplainedRuleError,
    entries,
    index_tables,
    read_causes,
    stage_page,
)
from expectations.rules import Rule

ROOT = Path(__file__).parents[2]
MARTS = ROOT / "dbt_project" / "models" / "marts"
DECISIONS = ROOT / "docs" / "decisions"


@pytest.fixture(scope="module")
def contracts() -> dict[str, Contract]:
    return load_contracts()


@pytest.fixture(scope="module")
def manifest(parsed_project: Path) -> Path:
    return parsed_project / "target" / "manifest.json"


@pytest.fixture(scope="module")
def blocking(contracts: dict[str, Contract], manifest: Path) -> list[BlockingRule]:
    return blocking_rules(contracts, manifest)


@pytest.fixture(scope="module")
def found(blocking: list[BlockingRule]) -> list[Entry]:
    return entries(blocking, read_causes())


# -- tutorials -------------------------------------------------------------------------------------


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(write_folder(tmp_path))
    return tmp_path


def test_the_code_of_the_analysts_tutorial_runs(
    release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known: dict[str, object] = {}
    languages = []
    for language, text in blocks(TUTORIALS / "analyst.md"):
        languages.append(language)
        if language == "python":
            exec(compile(text, "analyst.md", "exec"), known)
            printed = capsys.readouterr().out
            assert printed.strip(), text
        else:
            with duckdb.connect("doing_with.duckdb", read_only=True) as connection:
                assert connection.execute(text).fetchall(), f"nothing is found by {text}"
    assert printed == "1 values differ\n"
    assert (release / "involved_in_decisions.csv").read_text().count("\n") == 8
    assert (languages.count("sql"), languages.count("python")) == (9, 4)


@pytest.mark.parametrize("page", ["data-engineer.md", "report-reader.md"])
def test_other_tutorials_have_no_code_that_nobody_runs(page: str) -> None:
    assert blocks(TUTORIALS / page) == []


# -- the runbook -----------------------------------------------------------------------------------


def test_every_check_that_can_block_has_an_entry(
    blocking: list[BlockingRule], found: list[Entry]
) -> None:
    pages = {
        stage.name: stage_page(stage, [e for e in found if e.stage is stage]) for stage in STAGES
    }
    sections = {
        (stage, section.partition("`")[0]): section
        for stage, page in pages.items()
        for section in page.split("\n## `")[1:]
    }
    of_rule = {id(b): entry for entry in found for b in entry.blocking}
    assert len(of_rule) == len(blocking) > 1000
    for rule in blocking:
        entry = of_rule[id(rule)]
        section = sections[rule.stage.name, entry.name]
        assert f"`{rule.subject}`" in section
        assert escaped(rule.rule.description).split("|")[0] in section
        assert "**When it does not hold:** " + entry.cause in section
        assert "**What to do:** " in section
        assert "`doing-with explain " in section


def test_the_index_leads_to_every_entry(found: list[Entry]) -> None:
    index = index_tables(found)
    missing = [e for e in found if f"({e.stage.name}.md#{e.anchor})" not in index]
    assert not missing
    assert len({(entry.stage.name, entry.anchor) for entry in found}) == len(found)


def test_a_critical_rule_without_a_cause_stops_the_site() -> None:
    new = BlockingRule(
        RELEASE, "main.areas", Rule(table="main.areas", name="is_new", description="d")
    )
    with pytest.raises(UnexplainedRuleError, match=r"causes\.yml.*is_new of stage release"):
        entries([new], read_causes())


def test_no_cause_is_left_over(found: list[Entry]) -> None:
    written = {(stage, name) for stage, known in read_causes().items() for name in known}
    assert written == {(entry.stage.name, entry.name) for entry in found}


def test_what_to_do_is_said_by_what_broke(found: list[Entry]) -> None:
    pages = {e.name: stage_page(e.stage, [e]) for e in found if e.stage in (FILES, RELEASE)}
    assert (
        "[accepting-a-change](../guides/accepting-a-change.md)"
        in pages["table_keeps_its_rows_half"]
    )
    assert (
        "send the error report" in pages["key_is_unique"]
        or "publish again" in pages["key_is_unique"]
    )
    assert "the last accepted edition stays in use" in pages["volume_of_england"]


# -- dictionaries ----------------------------------------------------------------------------------


def test_every_table_of_a_release_is_described() -> None:
    tables = release_tables.tables_of_release(MARTS)
    assert [t.name for t in tables] == [t.name for t in (*PUBLISHED_TABLES, *DERIVED_TABLES)]
    page = release_tables.page(tables)
    for table in tables:
        assert f"## {table.qualified_name}\n" in page
        assert len(table.columns) > 3
        assert all(column.description for column in table.columns)


def test_every_column_of_every_extract_is_described(contracts: dict[str, Contract]) -> None:
    index = extract_pages.index_page(contracts.values())
    for contract in contracts.values():
        assert f"(extracts/{contract.extract}.md)" in index
        page = extract_pages.page(contract)
        missing = [name for name in contract.column_names if f"`{name}`" not in page]
        assert not missing, contract.extract
        assert escaped(contract.licence) in page


def test_every_indicator_is_listed(manifest: Path) -> None:
    page = indicator_catalogue.page(manifest)
    models = list((ROOT / "dbt_project" / "models" / "indicators").rglob("*.sql"))
    assert page.count("\n| **") == len(models) >= 60


def test_the_page_on_governance_names_every_extract_about_persons(
    contracts: dict[str, Contract],
) -> None:
    marked = (ROOT / "docs" / "governance.md").read_text(encoding="utf-8")
    page = governance_tables.filled(marked, list(contracts.values()))
    assert governance_tables.PERSONS not in page
    assert governance_tables.LICENCES not in page
    about_persons = [c for c in contracts.values() if c.person_level]
    assert len(about_persons) == 8  # the page says eight
    section = page.partition("## Rows about persons")[2].partition("## Small numbers")[0]
    for contract in about_persons:
        assert f"(dictionary/extracts/{contract.extract}.md)" in section
        assert contract.retention_months == 13  # the page says 13 months


def test_every_decision_is_listed() -> None:
    page = decision_list.page(DECISIONS)
    assert page.count("\n- [") == len(list(DECISIONS.glob("*.md")))


def test_a_decision_without_a_heading_is_named(tmp_path: Path) -> None:
    (tmp_path / "2026-11-26-odd.md").write_text("No heading.\n", encoding="utf-8")
    with pytest.raises(decision_list.DecisionHeadingError, match=r"2026-11-26-odd\.md"):
        decision_list.page(tmp_path)
