"""The values of each indicator as CSV: the 27 columns of Fingertips, then ours (DOMAIN 9.5).

Practices and networks stand with the newest period of each series, larger areas with every period:
the whole history of 6,000 practices is for the Parquet files.

Numbers are those of the release, in its units: proportions are 0 to 1.
"""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from assets.reports import wording
from assets.reports.open_release import OpenRelease

# Heading and expression over ``v`` (indicator_values), ``i`` (indicators), ``a`` (its area),
# ``p`` (its parent) and ``t`` (its period in words).
_COLUMNS = (
    ("Indicator ID", "v.indicator_id"),
    ("Indicator Name", "i.title"),
    ("Parent Code", "p.parent_code"),
    ("Parent Name", "p.parent_name"),
    ("Area Code", "v.area_code"),
    ("Area Name", "coalesce(a.area_name, v.area_code)"),
    ("Area Type", "v.area_type"),
    ("Sex", "v.sex"),
    ("Age", "v.age"),
    ("Category Type", "case when v.category_type <> 'all' then v.category_type end"),
    ("Category", "case when v.category_type <> 'all' then v.category end"),
    ("Time period", "t.words"),
    ("Value", "v.value"),
    ("Lower CI 95.0 limit", "v.lower_95"),
    ("Upper CI 95.0 limit", "v.upper_95"),
    ("Lower CI 99.8 limit", "v.lower_998"),
    ("Upper CI 99.8 limit", "v.upper_998"),
    ("Count", "v.numerator"),
    ("Denominator", "v.denominator"),
    (
        "Value note",
        "case when v.value_state like 'suppressed%' then 'Suppressed' "
        "when v.value_state not in ('reported', 'zero') "
        "then coalesce(v.value_reason, replace(v.value_state, '_', ' ')) "
        "when v.dq_flags like '%incomplete_coverage%' "
        "then 'Value based on incomplete data' "
        "|| coalesce(' (coverage ' || round(100 * v.coverage) || ' %)', '') end",
    ),
    (
        "Recent Trend",
        "case when v.trend like 'too few%' or v.trend = 'not assessed' or v.trend is null "
        "then 'Cannot be calculated' else upper(v.trend[1]) || v.trend[2:] end",
    ),
    (
        "Compared to England value or percentiles",
        "case when v.comparison_95 is null then 'Not compared' "
        "else upper(v.comparison_95[1]) || v.comparison_95[2:] end",
    ),
    ("Column not used", "null"),
    ("Time period Sortable", "strftime(v.period_end, '%Y%m%d')"),
    ("New data", "null"),
    ("Compared to goal", "null"),
    (
        "Time period range",
        "case when t.months % 12 = 0 then t.months // 12 || 'y' else t.months || 'm' end",
    ),
    ("indicator_code", "v.indicator_id"),
    ("hierarchy_basis", "v.hierarchy_basis"),
    ("series_id", "v.series_id"),
    ("ci_basis", "v.ci_basis"),
    ("value_state", "v.value_state"),
    ("suppression_profile", "v.disclosure_class"),
    ("dq_flags", "v.dq_flags"),
    ("source_version", "v.lineage_id"),
)
COLUMNS = tuple(heading for heading, _ in _COLUMNS)
_ABOVE = {"icb": "region"}
# A spreadsheet would run a name that begins like a formula.
_NAMES = ("Parent Name", "Area Name")


def csv_address(indicator_id: str) -> str:
    """Where the CSV of an indicator lies in the site, zipped."""
    return f"downloads/{indicator_id}.zip"


def indicators_with_values(release: OpenRelease) -> dict[str, int]:
    """Indicators that have a CSV, with the number of its rows."""
    return dict(
        release.rows(
            f"select v.indicator_id, count(*) from {_VALUES} as v "
            "group by v.indicator_id order by 1"
        )
    )


def write_csvs(release: OpenRelease, folder: Path) -> None:
    """Write every indicator's CSV, zipped, below the folder of the site."""
    connection = release.connection
    connection.register("periods", _periods(release))
    connection.register("parents", _parents(release))
    listed = ",\n".join(
        f'{_guarded(heading, expression)} as "{heading}"' for heading, expression in _COLUMNS
    )
    with TemporaryDirectory() as scratch:
        for indicator_id in indicators_with_values(release):
            csv = Path(scratch) / f"{indicator_id}.csv"
            connection.execute(
                f"copy (select {listed} {_FROM}) to '{csv}' (header, delimiter ',')",
                [indicator_id],
            )
            target = folder / csv_address(indicator_id)
            target.parent.mkdir(parents=True, exist_ok=True)
            _zip(csv, target, release)
            csv.unlink()
    connection.unregister("periods")
    connection.unregister("parents")


def _zip(csv: Path, target: Path, release: OpenRelease) -> None:
    """One CSV in a zip; nothing in it depends on when it was written."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        files = [(f"{'made-up-' if release.is_made_up else ''}{csv.name}", csv.read_bytes())]
        if release.is_made_up:
            files.append(("MADE-UP-DATA.txt", b"Made-up data: not for any use.\r\n"))
        for name, content in files:
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)


def _guarded(heading: str, expression: str) -> str:
    if heading not in _NAMES:
        return expression
    return (
        f"case when regexp_matches({expression}, '^[=+@\\t-]') then '''' || {expression} "
        f"else {expression} end"
    )


def _periods(release: OpenRelease) -> pa.Table:
    """Every period of the release in words, with its length in months."""
    found: list[tuple[date, date]] = release.rows(
        "select distinct period_start, period_end from indicator_values order by 1, 2"
    )
    return pa.table(
        {
            "period_start": [start for start, _ in found],
            "period_end": [end for _, end in found],
            "words": [wording.period(start, end) for start, end in found],
            "months": [
                (end.year - start.year) * 12 + end.month - start.month + 1 for start, end in found
            ],
        }
    )


def _parents(release: OpenRelease) -> pa.Table:
    """The area above each: the board today, of a board its region, of a region England."""
    rows = [
        (area.area_type, area.code, parent.code, parent.full_name)
        for area in release.areas.values()
        if area.area_type != "england"
        and (parent := release.areas.get(area.parents.get(_ABOVE.get(area.area_type, "icb"), "")))
    ]
    rows += [
        ("region", area.code, release.england.code, release.england.full_name)
        for area in release.areas.values()
        if area.area_type == "region"
    ]
    rows += [
        (kind, code, parent, release.areas[parent].full_name)
        for kind, code, parent in release.rows(
            "select child_type, child_code, parent_code from area_relationships "
            "where child_type in ('organisation', 'programme') and parent_type = 'icb' "
            "and is_current order by 1, 2, 3"
        )
        if parent in release.areas
    ]
    names = ("area_type", "area_code", "parent_code", "parent_name")
    return pa.table(
        {name: pa.array([row[at] for row in rows], pa.string()) for at, name in enumerate(names)}
    )


_VALUES = """(
    select * from indicator_values where area_type not in ('practice', 'pcn')
    union all by name
    select * from latest_values where area_type in ('practice', 'pcn')
)"""

_FROM = f"""
from {_VALUES} as v
left join indicators as i on v.indicator_id = i.indicator_id
left join areas as a on v.area_type = a.area_type and v.area_code = a.area_code
left join periods as t on v.period_start = t.period_start and v.period_end = t.period_end
left join parents as p on v.area_type = p.area_type and v.area_code = p.area_code
where v.indicator_id = ?
order by v.area_type, v.area_code, v.hierarchy_basis, v.series_id, v.period_end, v.category_type,
    v.category
"""
