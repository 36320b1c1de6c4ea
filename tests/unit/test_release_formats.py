"""The formats of a release: data package, dictionary, Central Metrics Library, keys, manifest."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
import yaml
from small_release import (
    SCHEMA_VERSION,
    STATES,
    VERSIONS,
    Verdicts,
    manifest_of_whole,
    publish_whole,
    small_build,
    write_whole_candidate,
)

from assets.database_memory import DatabaseMemory
from assets.release.candidate.facts import SYNTHETIC_NOTICE
from assets.release.candidate.reading import compare_as_written
from assets.release.candidate.timings import Timings
from assets.release.completing import Completed
from assets.release.formats.central_metrics import mapping
from assets.release.formats.central_metrics.tables import (
    TABLES,
    differences_as_written,
    write_central_metrics,
)
from assets.release.formats.declared import read_declared
from assets.release.keys import KEYS, key_rules
from assets.release.shelf.git_commit import git_commit
from assets.release.shelf.manifest import Manifest, Suppression
from assets.release.shelf.publication import Releases
from assets.release.tables import DERIVED_TABLES, PUBLISHED_TABLES
from expectations.marts import AREA_TYPES, VALUE_STATES
from expectations.validation import Validator

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Completed]:
    """A complete candidate, which no test changes."""
    releases = Releases(tmp_path_factory.mktemp("written") / "releases")
    with small_build() as connection:
        completed = write_whole_candidate(connection, releases, VERSIONS[0])
    return releases.staging(VERSIONS[0]), completed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A complete candidate to spoil."""
    releases = Releases(tmp_path / "releases")
    with small_build() as connection:
        write_whole_candidate(connection, releases, VERSIONS[0])
    return releases.staging(VERSIONS[0])


def rows(path: Path, query: str = "from {}") -> list[tuple[object, ...]]:
    return duckdb.execute(query.format(f"read_parquet('{path}')")).fetchall()


def spoil(path: Path, change: str) -> None:
    """Rewrite a Parquet file as the result of a query on it, named here."""
    table = duckdb.connect()
    table.execute(f"create table here as from read_parquet('{path}')")
    table.execute(f"copy ({change}) to '{path}' (format parquet)")


# Keys


def test_every_published_table_has_a_key_that_leads_to_published_tables() -> None:
    tables = (*PUBLISHED_TABLES, *DERIVED_TABLES)
    published = {f"{table.published_schema}.{table.name}" for table in tables}
    assert published - KEYS.keys() == {"main.release_changes", "main.landing_files"}
    assert KEYS.keys() <= published
    for keys in KEYS.values():
        for key in keys.foreign:
            assert key.referenced == KEYS[f"main.{key.table}"].primary


def test_keys_are_the_grains_that_dbt_tests() -> None:
    for path in sorted((ROOT / "dbt_project" / "models" / "marts").glob("*.yml")):
        [model] = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
        grains = [
            set(test["grain_is_unique"]["arguments"]["columns"])
            for test in model.get("data_tests", [])
            if isinstance(test, dict) and "grain_is_unique" in test
        ]
        if grains and (keys := KEYS.get(f"main.{model['name']}")):
            assert [set(keys.primary)] == grains, model["name"]


def test_rules_find_what_breaks_a_key(written: tuple[Path, Completed], tmp_path: Path) -> None:
    with duckdb.connect(str(written[0] / "doing_with.duckdb"), read_only=True) as connection:
        held = {
            t for (t,) in connection.execute("select table_name from duckdb_tables()").fetchall()
        }
        rules = [rule for rule in key_rules() if rule.table.split(".")[1] in held]
        assert [o.sentence() for o in Validator(connection).validate(rules) if not o.passed] == []
    copy = tmp_path / "copy.duckdb"
    copy.write_bytes((written[0] / "doing_with.duckdb").read_bytes())
    with duckdb.connect(str(copy)) as connection:
        connection.execute("delete from areas where area_code = 'QAA'")
        connection.execute("insert into indicators from indicators limit 1")
        connection.execute("update indicator_values set series_id = null where rowid = 0")
        broken = {o.rule.id for o in Validator(connection).validate(rules) if not o.passed}
    assert broken == {
        "main.indicator_values.area_type_and_area_code_lead_to_areas",
        "main.latest_values.area_type_and_area_code_lead_to_areas",
        "main.indicators.primary_key_is_unique",
        "main.indicator_values.primary_key_is_there",
    }


# The data package


def test_the_data_package_tells_types_keys_and_constraints(
    written: tuple[Path, Completed],
) -> None:
    package = json.loads((written[0] / "datapackage.json").read_text(encoding="utf-8"))
    assert [licence["name"] for licence in package["licenses"]] == ["OGL-UK-3.0"]
    assert "Ipsos" in package["sources"][0]["title"]
    assert package["description"].startswith(SYNTHETIC_NOTICE)
    schemas = {resource["name"]: resource["schema"] for resource in package["resources"]}
    assert schemas.keys() >= {"indicator_values", "data_dictionary", "release_changes"}
    values = schemas["indicator_values"]
    assert values["primaryKey"] == list(KEYS["main.indicator_values"].primary)
    assert {
        "fields": ["area_type", "area_code"],
        "reference": {"resource": "areas", "fields": ["area_type", "area_code"]},
    } in values["foreignKeys"]
    fields = {field["name"]: field for field in values["fields"]}
    assert fields["value_state"]["constraints"] == {"required": True, "enum": list(STATES)}
    kinds = [fields[name]["type"] for name in ("value", "unweighted_base", "period_end", "unit")]
    assert kinds == ["number", "integer", "date", "string"]


def test_frictionless_accepts_a_candidate(written: tuple[Path, Completed]) -> None:
    import frictionless

    report = frictionless.validate(str(written[0] / "datapackage.json"))
    assert report.valid, report.flatten(["name", "type", "message"])[:5]
    assert report.stats["tasks"] == len(written[1].facts.tables) + len(TABLES)


def test_the_data_package_lists_every_file_of_the_library(written: tuple[Path, Completed]) -> None:
    package = json.loads((written[0] / "datapackage.json").read_text(encoding="utf-8"))
    resources = {resource["path"]: resource for resource in package["resources"]}
    found = {
        path.relative_to(written[0]).as_posix()
        for folder in ("cml", "parquet")
        for path in (written[0] / folder).iterdir()
    }
    assert set(resources) == found
    for table in TABLES:
        resource = resources[f"cml/{table}.parquet"]
        assert resource["name"] == f"cml_{table}"
        assert resource["description"].startswith(f"{SYNTHETIC_NOTICE}One row per")
        held = [name for name, *_ in rows(written[0] / resource["path"], "describe from {}")]
        assert [field["name"] for field in resource["schema"]["fields"]] == held
        assert all(field["description"] for field in resource["schema"]["fields"])
    points = resources["cml/metric.parquet"]["schema"]
    assert points["primaryKey"] == ["datapoint_id"]
    leads_to = {key["reference"]["resource"] for key in points["foreignKeys"]}
    assert leads_to == {"cml_metadata", "cml_dimensions"}
    kinds = {field["name"]: field["type"] for field in points["fields"]}
    assert kinds["metric_value"] == "number"
    assert kinds["publication_datetime"] == "datetime"


@pytest.mark.parametrize(
    ("table", "change", "error"),
    [
        ("areas", "select * from here union all (select * from here limit 1)", "primary-key"),
        ("areas", "select * from here where area_code <> 'QAA'", "foreign-key"),
        (
            "indicator_values",
            "select * replace ('odd' as value_state) from here",
            "constraint-error",
        ),
        ("indicator_values", "select * replace ('many' as value) from here", "type-error"),
        ("indicators", "select * exclude (title) from here", "missing-label"),
        ("areas", None, "source-error"),
        ("cml/dimensions", "select * from here limit 1", "foreign-key"),
        ("cml/metadata", "select * exclude (unit) from here", "missing-label"),
    ],
)
def test_frictionless_refuses_a_spoiled_file(
    folder: Path, table: str, change: str | None, error: str
) -> None:
    import frictionless

    path = folder / (f"{table}.parquet" if "/" in table else f"parquet/{table}.parquet")
    if change is None:
        path.write_bytes(path.read_bytes()[:-40])
    else:
        spoil(path, change)
    report = frictionless.validate(str(folder / "datapackage.json"))
    assert not report.valid
    assert error in {kind for (kind,) in report.flatten(["type"])}


# The dictionary


def test_the_dictionary_holds_every_column_as_it_is_commented(
    written: tuple[Path, Completed],
) -> None:
    with duckdb.connect(str(written[0] / "doing_with.duckdb"), read_only=True) as connection:
        told = connection.execute(
            "select table_name, column_name, type, description from data_dictionary order by all"
        ).fetchall()
        commented = connection.execute(
            "select if(schema_name = 'main', '', schema_name || '.') || table_name, column_name, "
            "data_type, comment from duckdb_columns() "
            "where schema_name in ('main', 'quality') and not internal order by all"
        ).fetchall()
        assert told == commented
        assert connection.execute(
            "select column_name, key from data_dictionary "
            "where table_name = 'indicator_values' and key is not null order by position limit 3"
        ).fetchall() == [
            ("indicator_id", "primary, to indicators.indicator_id"),
            ("area_code", "primary, to areas.area_code"),
            ("area_type", "primary, to areas.area_type"),
        ]
        [(states,)] = connection.execute(
            "select states from data_dictionary "
            "where table_name = 'indicator_values' and column_name = 'value_state'"
        ).fetchall()
        assert states == ", ".join(STATES)
    page = (written[0] / "dictionary.md").read_text(encoding="utf-8")
    assert SYNTHETIC_NOTICE.strip() in page
    for table, column, kind, _ in told:
        assert f"## {table}\n" in page
        assert f"| `{column}` | {kind} |" in page


def test_what_the_marts_declare_is_read_from_their_own_yaml(tmp_path: Path) -> None:
    declared = read_declared(ROOT / "dbt_project" / "models" / "marts")
    assert set(declared.known_values["indicator_values", "value_state"]) == set(VALUE_STATES)
    assert set(declared.known_values["areas", "area_type"]) == set(AREA_TYPES)
    assert declared.known_values["engagement_typology", "class"] == ("to", "for", "with")
    assert ("indicator_values", "lineage_id") not in declared.never_null
    assert ("indicator_values", "value_state") in declared.never_null
    with pytest.raises(FileNotFoundError, match="holds no YAML"):
        read_declared(tmp_path)


def test_what_is_added_to_a_candidate_is_read_back_and_stays_out_of_its_hash(
    written: tuple[Path, Completed],
) -> None:
    folder, completed = written
    assert compare_as_written(duckdb.connect(), folder, completed.facts) == []
    outside = {t.name for t in completed.facts.tables if not t.in_content_hash}
    assert outside >= {"data_dictionary", "release_changes"}
    with (folder / "doing_with.duckdb").open("rb") as file:
        assert int.from_bytes(file.read(20)[12:], "little") == 67


# The Central Metrics Library


def test_the_library_holds_every_released_value_once_and_nothing_beside_a_state(
    written: tuple[Path, Completed],
) -> None:
    folder = written[0] / "cml"
    assert differences_as_written(duckdb.connect(), written[0]) == []
    values = rows(written[0] / "parquet" / "indicator_values.parquet")
    there = rows(folder / "metric.parquet")
    absent = rows(folder / "metric_without_value.parquet")
    assert len(there) + len(absent) == len(values)
    assert len(there) > 5
    assert len(absent) > 2
    [(value, additional)] = rows(
        folder / "metric.parquet",
        "select metric_value, additional_metric_values from {} where metric_id = 'PCSDM01_act' "
        "and location_id = 'E92000001' and dimension_id like '%2025-03-31%all_category'",
    )
    assert value == 0.91167
    assert json.loads(str(additional))["lower_95"] == 0.9106
    states = rows(
        folder / "metric_without_value.parquet",
        "select distinct dimensions.value_state from {} join read_parquet('"
        + str(folder / "dimensions.parquet")
        + "') as dimensions using (dimension_id) order by all",
    )
    assert ("suppressed_source",) in states
    assert ("reported",) not in states


def test_the_library_follows_the_rules_of_its_own_checks(written: tuple[Path, Completed]) -> None:
    """Those of NHS England's cml-validation, restated: it is no package that could be installed."""
    folder = written[0] / "cml"
    for table in ("metric", "metric_without_value"):
        path = folder / f"{table}.parquet"
        assert (
            rows(
                path,
                "select datapoint_id from {} where not regexp_full_match(metric_id, "
                "'[A-Za-z0-9]+_(act|est|for|pla|var|com|inc|prov)') "
                "or datapoint_id <> concat_ws('_', metric_id, dimension_id, reporting_grain, "
                "location_id, strftime(reporting_period_start_datetime, '%Y-%m-%d'))",
            )
            == []
        )
        twice = "select datapoint_id from {} group by 1 having count(*) > 1"
        assert rows(path, twice) == []
    assert (
        rows(
            folder / "dimensions.parquet",
            "select 1 from {} where dimension_count <> len(string_split(dimension_type_id, '&'))",
        )
        == []
    )
    metadata = folder / "metadata.parquet"
    states = (*mapping.STATES.values(), "Completed - Not Live")
    odd = f"metric_state not in {states} or aggregation not in ('Y', 'N')"
    odd += " or metric_id <> metric_family_id || '_act' or len(metric_title) > 160"
    odd += " or (statistical_disclosure_control_flag = 'Y' "
    odd += "and statistical_disclosure_control_description is null)"
    assert rows(metadata, f"select metric_id from {{}} where {odd}") == []
    tags = rows(metadata, "select distinct available_metric_category from {}")
    assert tags == [("MI published",)]
    notices = rows(metadata, "select bool_and(metric_description like 'SYNTHETIC%') from {}")
    assert notices == [(True,)]
    for table in TABLES:
        kept = duckdb.execute(
            f"select decode(value) from parquet_kv_metadata('{folder / table}.parquet') "
            "where decode(key) = 'notice'"
        ).fetchall()
        assert kept == [(SYNTHETIC_NOTICE,)]
    assert mapping.CATEGORIES["internal"] == "MI internal"


def test_relationships_name_both_metrics_or_none(written: tuple[Path, Completed]) -> None:
    folder = written[0]
    path = folder / "cml" / "relationships.parquet"
    assert rows(path, "select count(*), count(distinct metric_id) from {}")[0][0] == len(
        rows(folder / "cml" / "metadata.parquet")
    )
    assert (
        rows(
            path,
            "select 1 from {} where (child_metric_id = 'NA') <> (relationship_type = 'NA') "
            "or (child_metric_id = 'NA') <> (child_metric_short_name = 'NA')",
        )
        == []
    )


@pytest.mark.parametrize(
    ("table", "change", "told"),
    [
        (
            "metric",
            "select * replace (metric_value + 1 as metric_value) from here",
            "not published",
        ),
        ("metric", "select * from here limit 3", "published values that are not in metric"),
        (
            "metric_without_value",
            "select * replace (7.0::double as metric_value) from here",
            "rows with a value",
        ),
        (
            "metric_without_value",
            "select * replace ('{\"numerator\":3}' as additional_metric_values) from here",
            "rows with a value, a limit or a count",
        ),
        ("metric_without_value", "select * from here limit 1", "lacks"),
        ("metric_without_value", "select * from here union all from here", "share an identifier"),
        ("dimensions", "select * from here limit 1", "dimensions or metadata are missing"),
        ("metadata", "select * replace (null::varchar as metric_title) from here", "title"),
    ],
)
def test_the_audit_finds_a_spoiled_library(
    folder: Path, table: str, change: str, told: str
) -> None:
    spoil(folder / "cml" / f"{table}.parquet", change)
    assert told in "; ".join(differences_as_written(duckdb.connect(), folder))


def test_the_audit_finds_a_library_that_is_missing_or_cut(folder: Path) -> None:
    path = folder / "cml" / "metric.parquet"
    path.write_bytes(path.read_bytes()[:-9])
    assert "cannot be read" in differences_as_written(duckdb.connect(), folder)[0]
    path.unlink()
    assert "metric.parquet is missing" in differences_as_written(duckdb.connect(), folder)[0]


def test_a_library_for_the_inside_is_tagged_so(folder: Path) -> None:
    write_central_metrics(
        DatabaseMemory(duckdb.connect(), "1GB"),
        folder,
        published_at=datetime(2026, 7, 1, tzinfo=UTC),
        is_synthetic=False,
        audience="internal",
    )
    tags = "select distinct available_metric_category, metric_description like 'SYN%' from {}"
    assert rows(folder / "cml" / "metadata.parquet", tags) == [("MI internal", False)]


# The manifest


def test_the_manifest_tells_states_commit_files_and_times(tmp_path: Path) -> None:
    releases = Releases(tmp_path / "releases")
    publish_whole(releases, VERSIONS[0])
    manifest = releases.verify(VERSIONS[0])
    folder = releases.folder / VERSIONS[0]
    listed = {file.path for file in manifest.files}
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert listed == found - {"manifest.json"}
    assert {"cml/metric.parquet", "dictionary.md", "changes.md", "datapackage.json"} <= listed
    assert manifest.schema_version == SCHEMA_VERSION
    assert manifest.suppression.values == sum(manifest.suppression.states.values()) > 10
    assert manifest.suppression.states["suppressed_source"] >= 1
    steps = [timing.step for timing in Timings(tmp_path / "timings.jsonl").read()]
    assert steps == ["changes", "dictionary", "central_metrics", "datapackage"]


def test_a_step_that_fails_has_no_time(tmp_path: Path) -> None:
    timings = Timings(tmp_path / "build" / "timings.jsonl")
    assert timings.read() == ()
    timings.begin()
    with timings.of("sound"):
        pass
    with pytest.raises(ValueError, match="broken"), timings.of("broken"):
        raise ValueError("broken")
    assert [timing.step for timing in timings.read()] == ["sound"]
    timings.begin()
    assert timings.read() == ()


def test_the_commit_is_told_where_there_is_a_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert git_commit(tmp_path).reason == "not a git checkout"

    def git(*arguments: str) -> str:
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        command = ["git", "-C", str(tmp_path), *who, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    git("init")
    assert "git: " in str(git_commit(tmp_path).reason)
    (tmp_path / "a.txt").write_text("a", encoding="utf-8")
    git("add", "a.txt")
    git("commit", "-m", "a")
    found = git_commit(tmp_path)
    assert (found.commit, found.has_local_changes) == (git("rev-parse", "HEAD"), False)
    (tmp_path / "a.txt").write_text("b", encoding="utf-8")
    assert git_commit(tmp_path).has_local_changes is True
    monkeypatch.setenv("PATH", "")
    assert git_commit(tmp_path).reason == "git is not installed"


def test_a_manifest_from_before_these_fields_is_still_read(tmp_path: Path) -> None:
    releases = Releases(tmp_path / "releases")
    with small_build() as connection:
        completed = write_whole_candidate(connection, releases, VERSIONS[0])
    manifest = manifest_of_whole(releases, VERSIONS[0], completed)
    new = {"git", "suppression", "compared_with", "timings", "files"}
    old = Manifest.model_validate_json(manifest.model_dump_json(exclude=new))
    assert (old.files, old.suppression) == ((), Suppression())
    releases.publish(VERSIONS[0], Verdicts(), old)
    assert releases.verify(VERSIONS[0]).files
