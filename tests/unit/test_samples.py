"""The synthetic extracts: same bytes every time, official layouts, and numbers that agree."""

import csv
import math
import re
import zipfile
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import fastexcel
import numpy as np
import pytest
import yaml
from sample_files import Row, digests, header_of, read, real

from assets.samples.country.places import invent
from assets.samples.landing import write_landing
from assets.samples.survey.questionnaire import LEAST_BASE, QUESTIONS, Question, columns
from assets.samples.survey.respondents import ask

SENTINELS = (-97.0, -98.0, -99.0)
WITH_HEADLINE = [question for question in QUESTIONS if question.headline]
LEVELS = ("Practice", "PCN", "ICS", "Region", "National")
YEARS = (2024, 2025)


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("landing")
    write_landing(folder)
    return folder


@pytest.fixture(scope="module")
def survey(landing: Path) -> dict[tuple[int, str], list[Row]]:
    return {
        (year, level): read(landing / "gpps" / gpps_name(year, level))
        for year in YEARS
        for level in LEVELS
    }


def gpps_name(year: int, level: str) -> str:
    return f"GPPS_{year}_{level}_data_(weighted)_(csv)_PUBLIC.csv"


def sheet(path: Path, name: str) -> list[list[object]]:
    """Cells of a sheet as rows, header first, every column read as text."""
    frame = fastexcel.read_excel(path).load_sheet(name, header_row=None, dtypes="string")
    return [list(row) for row in frame.to_polars().rows()]


def value(row: Row, column: str) -> float:
    return float(row[column])


# --- the whole folder ------------------------------------------------------------------------


def test_two_runs_give_the_same_bytes(landing: Path, tmp_path: Path) -> None:
    paths = write_landing(tmp_path)
    assert digests(tmp_path) == digests(landing)
    assert len(paths) == len(set(paths))
    assert sorted(digests(tmp_path)) == sorted(p.relative_to(tmp_path).as_posix() for p in paths)


def test_another_seed_gives_other_survey_lists_and_directories(
    landing: Path, tmp_path: Path
) -> None:
    write_landing(tmp_path, seed=7)
    ours, theirs = digests(landing), digests(tmp_path)
    same = {name for name in ours if ours[name] == theirs[name]}
    # Only the manifest, the areas of the lookup, the points of indicators and the list of local
    # organisations are fixed; which practices failed a rule and who commissioned whom follow from
    # codes and dates of the seed.
    assert same <= {
        "community/X-ORG_QZZ_2025-09.csv",
        "landing.yml",
        "ods-reference/Sub_ICB_to_ICB_to_NHSER_2025-04.csv",
        "qof/MAPPING_INDICATORS_2425.csv",
        "qof/PRACTICE_VALIDATION_OUTCOMES_2425.csv",
    }


def test_workbooks_do_not_carry_the_time_of_writing(landing: Path) -> None:
    for month in ("2025-03", "2025-09"):
        with zipfile.ZipFile(landing / "ods-reference" / f"ePCN_{month}.xlsx") as book:
            properties = book.read("docProps/core.xml").decode()
            assert {part.date_time[0] for part in book.infolist()} == {1980}
        stamps = set(re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", properties))
        assert stamps == {f"{month}-01T00:00:00Z"}


def test_manifest_declares_every_file_synthetic(landing: Path) -> None:
    entries = yaml.safe_load((landing / "landing.yml").read_text())["files"]
    assert {e["match"] for e in entries} == set(digests(landing)) - {"landing.yml"}
    assert all(e["synthetic"] is True and e["reason"] for e in entries)
    periods = {e["match"].split("/")[1]: e["period"] for e in entries if "period" in e}
    assert periods == {
        **{gpps_name(year, level): str(year) for year in YEARS for level in LEVELS},
        **{gpps_name(year, "Practice"): str(year) for year in (2021, 2022, 2023)},
        "PREVALENCE_2425.csv": "2024/25",
        "MAPPING_NHS_GEOGRAPHIES_2425.csv": "2024/25",
        "ACHIEVEMENT_2425.csv": "2024/25",
        "MAPPING_INDICATORS_2425.csv": "2024/25",
        "PRACTICE_VALIDATION_OUTCOMES_2425.csv": "2024/25",
    }


# --- layouts ---------------------------------------------------------------------------------


def test_survey_headers_are_the_real_ones_for_the_questions_asked(landing: Path) -> None:
    stems = {question.stem for question in QUESTIONS}
    for level, file in {
        "Practice": "GPPS_2025_Practice_data_weighted_RECONSTRUCTED_first25of6215.csv",
        "ICS": "GPPS_2025_ICS_data_weighted_RECONSTRUCTED_first25of42.csv",
        "National": "GPPS_2025_National_data_weighted_RECONSTRUCTED_full.csv",
    }.items():
        published = header_of(real(f"gpps/{file}"))
        wanted = [c for c in published if "." not in c or re.split(r"_\d+\.|\.", c)[0] in stems]
        for year in YEARS:
            assert header_of(landing / "gpps" / gpps_name(year, level)) == wanted


@pytest.mark.parametrize(
    ("ours", "published"),
    [
        ("ods-reference/GPAD_Mapping_2025-09.csv", "ods-reference/GPAD_Mapping_2025-08.csv"),
        (
            "imd/fingertips_94240_IMD2025_by_practice.csv",
            "imd/fingertips_93553_IMD2019_by_practice.csv",
        ),
        ("qof/PREVALENCE_2425.csv", "qof/PREVALENCE_2021_v2.csv"),
        (
            "gp-list-size/gp-reg-pat-prac-quin-age_2025-09.csv",
            "gp-list-size/gp-reg-pat-prac-quin-age_2017-09_openprescribing-fixture.csv",
        ),
        (
            "pcn-workforce/PCN_individual_level_2025-09.csv",
            "pcn-workforce/PCN_individual_level_2022-09.csv",
        ),
    ],
)
def test_header_line_is_the_real_one_byte_for_byte(
    landing: Path, ours: str, published: str
) -> None:
    first_line = real(published).read_bytes().split(b"\n")[0]
    assert (landing / ours).read_bytes().split(b"\n")[0] == first_line


@pytest.mark.parametrize(
    ("ours", "published", "renames"),
    [
        (
            "gp-list-size/gp-reg-pat-prac-all_2025-03.csv",
            "gp-list-size/gp-reg-pat-prac-all_2021-01.csv",
            {"CCG": "SUB_ICB_LOCATION"},
        ),
        (
            "gp-list-size/gp-reg-pat-prac-map_2025-09.csv",
            "gp-list-size/gp-reg-pat-prac-map_2022-01.csv",
            {"CCG": "SUB_ICB_LOCATION", "STP": "ICB"},
        ),
        (
            "qof/MAPPING_NHS_GEOGRAPHIES_2425.csv",
            "qof/MAPPING_NHS_GEOGRAPHIES_2021.csv",
            {"CCG": "SUB_ICB", "STP": "ICB"},
        ),
        (
            "ods-reference/Sub_ICB_to_ICB_to_NHSER_2025-04.csv",
            "ods-reference/Sub_ICB_to_ICB_to_NHSER_2022-07.csv",
            {"22": "25"},
        ),
    ],
)
def test_header_is_the_older_real_one_with_the_areas_renamed(
    landing: Path, ours: str, published: str, renames: dict[str, str]
) -> None:
    line = real(published).read_bytes().split(b"\n")[0]
    for old, new in renames.items():
        line = line.replace(old.encode(), new.encode())
    assert (landing / ours).read_bytes().split(b"\n")[0] == line


def test_network_workbook_has_the_real_sheets_and_headers(landing: Path) -> None:
    published = real("ods-reference/ePCN_2024-10.xlsx")
    made = landing / "ods-reference" / "ePCN_2025-03.xlsx"
    names = fastexcel.read_excel(published).sheet_names
    assert fastexcel.read_excel(made).sheet_names == names
    for name in names:
        assert sheet(made, name)[0] == sheet(published, name)[0]


def test_encodings_and_line_endings_follow_the_publishers(landing: Path) -> None:
    workforce = (landing / "pcn-workforce" / "PCN_individual_level_2025-03.csv").read_bytes()
    assert b"Clinical Director \x96 Medical" in workforce
    assert workforce.count(b"\r\n") == workforce.count(b"\n")
    lookup = (landing / "ods-reference" / "Sub_ICB_to_ICB_to_NHSER_2025-04.csv").read_bytes()
    assert lookup.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in lookup
    practices = (landing / "ods-reference" / "epraccur_2025-03.csv").read_bytes()
    assert practices.startswith(b'"A')
    assert b"\r" not in practices
    assert {len(r) for r in csv.reader(practices.decode().splitlines())} == {27}


# --- survey ----------------------------------------------------------------------------------


def test_headline_is_count_over_base_within_its_limits(
    survey: dict[tuple[int, str], list[Row]],
) -> None:
    checked = 0
    for rows in survey.values():
        for row in rows:
            for question in WITH_HEADLINE:
                share = value(row, f"{question.stem}.pcteval")
                if share < 0:
                    continue
                base = value(row, f"{question.stem}.baseevalw")
                assert abs(value(row, f"{question.stem}.counteval") / base - share) < 1e-6
                positive = sum(value(row, f"{question.stem}_{n}.count") for n in question.headline)
                assert abs(positive / base - share) < 1e-6
                low, high = (value(row, f"{question.stem}.{e}ileval") for e in ("low", "hiw"))
                assert 0 <= low <= share <= high <= 1
                checked += 1
    assert checked > 2000


def test_option_shares_use_the_evaluated_base_inside_and_the_full_base_outside(
    survey: dict[tuple[int, str], list[Row]],
) -> None:
    outside_checked = 0
    for rows in survey.values():
        for row in rows:
            for question in QUESTIONS:
                for n in range(1, question.options + 1):
                    share = value(row, f"{question.stem}_{n}.pct")
                    count = value(row, f"{question.stem}_{n}.count")
                    base_name = "basefullw" if n in question.outside else "baseevalw"
                    base = value(row, f"{question.stem}.{base_name}")
                    if share == -98:
                        assert 0 < count / base < 0.005
                    elif share >= 0:
                        assert abs(count / base - share) < 1e-6
                        outside_checked += n in question.outside
                    else:
                        assert (share, count) == (-97, -97)
    assert outside_checked > 1000


def test_small_bases_are_suppressed_as_in_the_real_rows(
    survey: dict[tuple[int, str], list[Row]],
) -> None:
    seen = Counter[str]()
    for row in survey[2025, "Practice"]:
        for question in QUESTIONS:
            bare = {c.removeprefix(question.stem): float(row[c]) for c in columns(question)}
            assert bare[".basefulluw"] >= 0
            assert bare[".basefullw"] >= 0
            if bare[".basefulluw"] < LEAST_BASE:
                seen[question.stem] += 1
                del bare[".basefulluw"], bare[".basefullw"]
                limits = {c for c in bare if "ileval" in c}
                assert all(v == (-99 if c in limits else -97) for c, v in bare.items())
            elif bare[".baseevaluw"] >= 0:
                assert LEAST_BASE <= bare[".baseevaluw"] <= bare[".basefulluw"]
    assert seen["healthcareplan"] >= 1
    assert seen["healthcareplanhelpful"] >= 1
    small = next(r for r in survey[2025, "Practice"] if int(r["popsize"]) <= 1000)
    withheld = [c for c in columns(by_stem("aboutyouagemerged")) if row_has(small, c, -97)]
    assert len([c for c in withheld if c.endswith(".count")]) >= 2


def by_stem(stem: str) -> Question:
    return next(question for question in QUESTIONS if question.stem == stem)


def row_has(row: Row, column: str, sentinel: float) -> bool:
    return float(row[column]) == sentinel


def test_every_negative_cell_is_a_sentinel_and_all_three_occur(
    survey: dict[tuple[int, str], list[Row]],
) -> None:
    found = Counter[float]()
    for rows in survey.values():
        for row in rows:
            for text in row.values():
                if re.fullmatch(r"-\d+(\.\d+)?", text):
                    found[float(text)] += 1
    assert set(found) == set(SENTINELS)


@pytest.mark.parametrize(
    ("asked_of", "stem"),
    [
        ("localgpservicesprefhp", "localgpservicesprefhpsee"),
        ("healthconditionre", "healthconversation"),
        ("healthconditionre", "healthsupport"),
        ("healthconversation", "healthcareplan"),
        ("healthcareplan", "healthcareplanhelpful"),
    ],
)
def test_routed_questions_are_asked_only_of_those_who_said_yes(
    survey: dict[tuple[int, str], list[Row]], asked_of: str, stem: str
) -> None:
    shares = []
    for rows in survey.values():
        for row in rows:
            yes = value(row, f"{asked_of}_1.count")
            if yes < 0:
                continue
            base = value(row, f"{stem}.basefullw")
            assert base <= yes + 1e-6
            shares.append(base / yes)
    # Nearly all of them, too: only a few leave it blank.
    assert np.median(shares) > 0.95


def test_people_are_routed_one_by_one() -> None:
    places = invent(30, seed=5)
    population = np.array([p.list_sizes["2025-01"] for p in places.practices])
    people = ask(places.practices, population, np.random.Generator(np.random.PCG64(5)), 0.0)
    asked = {stem: answers.any(axis=1) for stem, answers in people.answers.items()}
    assert not (asked["healthcareplan"] & ~people.answers["healthconversation"][:, 0]).any()
    assert not (asked["healthcareplanhelpful"] & ~people.answers["healthcareplan"][:, 0]).any()
    for question in QUESTIONS:
        ticks = people.answers[question.stem].sum(axis=1)
        if question.stem not in ("lastgpapptchoice", "healthexperienced", "healthltcondition"):
            assert ticks.max() == 1
    assert people.answers["lastgpapptchoice"][:, :2].all(axis=1).any()


def effective_size(share: float, low: float, high: float) -> float:
    """Sample size a Wilson interval was computed with (closed form, DOMAIN 6.5)."""
    square = 1.959963984540054**2
    width = (high - low) ** 2
    b = 2 * width * square - 4 * square * share * (1 - share)
    c = width * square**2 - square**2
    return (-b + math.sqrt(b * b - 4 * width * c)) / (2 * width)


def efficiencies(rows: list[Row], *, corrected: bool) -> list[float]:
    found = []
    for row in rows:
        for question in WITH_HEADLINE:
            cells = [
                value(row, f"{question.stem}.{n}") for n in ("pcteval", "lowileval", "hiwileval")
            ]
            plain = value(row, f"{question.stem}.basefulluw")
            if not 0 < cells[0] < 1:
                continue
            weight = value(row, f"{question.stem}.basefullw") / plain if corrected else 1.0
            found.append(effective_size(*cells) / plain * weight**2)
    return found


def test_printed_limits_of_practices_need_the_correction_and_it_works(
    survey: dict[tuple[int, str], list[Row]],
) -> None:
    for year in YEARS:
        rows = survey[year, "Practice"]
        raw, corrected = efficiencies(rows, corrected=False), efficiencies(rows, corrected=True)
        assert min(raw) < 0.15
        assert max(raw) > 2
        assert all(0.2 <= r <= 1 for r in corrected)
        assert 0.5 < np.median(corrected) < 0.75


@pytest.mark.parametrize(("level", "low", "high"), [("ICS", 0.58, 0.74), ("National", 0.38, 0.52)])
def test_printed_limits_above_practices_are_credible(
    survey: dict[tuple[int, str], list[Row]], level: str, low: float, high: float
) -> None:
    for year in YEARS:
        assert all(low <= r <= high for r in efficiencies(survey[year, level], corrected=False))


def test_levels_are_weighted_separately(survey: dict[tuple[int, str], list[Row]]) -> None:
    for year in YEARS:
        practices, board, england = (
            survey[year, level] for level in ("Practice", "ICS", "National")
        )
        assert sum(int(r["received"]) for r in practices) == int(board[0]["received"])
        summed = sum(value(r, "overallexp.baseevalw") for r in practices)
        assert summed != pytest.approx(value(board[0], "overallexp.baseevalw"), rel=0.001)
        for question in WITH_HEADLINE:
            both = [value(r[0], f"{question.stem}.pcteval") for r in (board, england)]
            assert both[0] != both[1]
            assert both[0] == pytest.approx(both[1], abs=0.04)


def test_survey_prints_one_space_for_a_practice_without_a_network(
    survey: dict[tuple[int, str], list[Row]],
) -> None:
    for year in YEARS:
        rows = survey[year, "Practice"]
        without = [r for r in rows if not re.fullmatch(r"U\d{5}", r["ad_pcncode"])]
        assert [(r["ad_pcncode"], r["ad_pcnname"]) for r in without] == [(" ", " ")]


def test_more_deprived_practices_report_worse_experience(
    landing: Path, survey: dict[tuple[int, str], list[Row]]
) -> None:
    scores = read(landing / "imd" / "fingertips_94240_IMD2025_by_practice.csv")
    deprivation = {r["Area Code"]: float(r["Value"]) for r in scores}
    pairs = [
        (deprivation[r["ad_practicecode"]], value(r, "overallexp.pcteval"))
        for r in survey[2025, "Practice"]
        if r["ad_practicecode"] in deprivation
    ]
    assert np.corrcoef(np.array(pairs).T)[0, 1] < -0.3
    assert Counter(r["Area Code"] for r in scores).most_common(2)[0] == ("E92000001", 2)


# --- registers and directories ---------------------------------------------------------------


def test_ages_add_up_to_the_list_and_totals_lie_beside_them(landing: Path) -> None:
    folder = landing / "gp-list-size"
    lists = {
        r["CODE"]: int(r["NUMBER_OF_PATIENTS"])
        for r in read(folder / "gp-reg-pat-prac-all_2025-09.csv")
    }
    bands: dict[tuple[str, str], int] = defaultdict(int)
    totals: dict[tuple[str, str], int] = {}
    kinds = Counter[str]()
    for row in read(folder / "gp-reg-pat-prac-quin-age_2025-09.csv"):
        kinds[row["ORG_TYPE"]] += 1
        patients = int(row["NUMBER_OF_PATIENTS"])
        if row["AGE_GROUP_5"] != "ALL":
            bands[row["ORG_CODE"], row["SEX"]] += patients
            bands[row["ORG_CODE"], "ALL"] += patients
        else:
            totals[row["ORG_CODE"], row["SEX"]] = patients
    assert bands == totals
    assert {code: totals[code, "ALL"] for code in lists} == lists
    assert totals["99Y", "ALL"] + totals["99Z", "ALL"] == totals["QZZ", "ALL"]
    assert totals["QZZ", "ALL"] == sum(lists.values())
    assert kinds == {"GP": 43 * len(lists), "SUB_ICB_LOCATION": 86, "ICB": 43, "COMM_REGION": 43}


def test_list_sizes_are_skewed_with_one_small_practice(landing: Path) -> None:
    sizes = [
        int(r["NUMBER_OF_PATIENTS"])
        for r in read(landing / "gp-list-size" / "gp-reg-pat-prac-all_2025-03.csv")
    ]
    assert len(sizes) == 60
    assert sum(size <= 1000 for size in sizes) == 1
    assert all(1800 <= size <= 25000 for size in sizes if size > 1000)
    assert np.mean(sizes) > np.median(sizes)


def test_one_practice_closes_between_the_editions_and_its_patients_move(landing: Path) -> None:
    def active(month: str) -> set[str]:
        path = landing / "ods-reference" / f"epraccur_{month}.csv"
        with path.open(newline="") as stream:
            rows = list(csv.reader(stream))
        return {r[0] for r in rows if r[25] == "4" and r[2] != "W00" and r[12] == "A"}

    def lists(month: str) -> dict[str, int]:
        path = landing / "gp-list-size" / f"gp-reg-pat-prac-all_{month}.csv"
        return {r["CODE"]: int(r["NUMBER_OF_PATIENTS"]) for r in read(path)}

    (closed,) = active("2025-03") - active("2025-09")
    assert active("2025-09") < active("2025-03")
    before, after = lists("2025-06"), lists("2025-09")
    assert set(before) == active("2025-03")
    assert set(after) == active("2025-09")
    grown = [code for code in after if after[code] - before[code] > 0.8 * before[closed]]
    assert len(grown) == 1


def memberships(landing: Path, month: str) -> dict[str, list[tuple[str, str, str]]]:
    rows = sheet(landing / "ods-reference" / f"ePCN_{month}.xlsx", "PCN Core Partner Details")
    found: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for row in rows[1:]:
        end = str(row[9]) if row[9] else "99999999"
        found[str(row[0])].append((str(row[8]), end, str(row[4])))
    return found


@pytest.mark.parametrize("month", ["2025-03", "2025-09"])
def test_memberships_are_dated_and_never_overlap(landing: Path, month: str) -> None:
    held = memberships(landing, month)
    for spans in held.values():
        spans.sort()
        assert all(re.fullmatch(r"\d{8}", day) for span in spans for day in span[:2])
        assert all(start <= end for start, end, _ in spans)
        assert all(one[1] < two[0] for one, two in pairwise(spans))
    assert any(len(spans) > 1 for spans in held.values())


def test_one_practice_changes_network_between_the_editions(landing: Path) -> None:
    def current(month: str) -> dict[str, str]:
        return {
            code: network
            for code, spans in memberships(landing, month).items()
            for _, end, network in spans
            if end == "99999999"
        }

    before, after = current("2025-03"), current("2025-09")
    moved = [code for code in after if before[code] != after[code]]
    assert len(moved) == 1
    assert sorted(memberships(landing, "2025-09")[moved[0]])[-1][0] == "20250701"


def test_mapping_has_its_traps_and_agrees_with_the_workbook(landing: Path) -> None:
    rows = read(landing / "ods-reference" / "GPAD_Mapping_2025-09.csv")
    counts = Counter(r["GP_CODE"] for r in rows)
    assert sorted(counts.values())[-2:] == [1, 2]
    unallocated = [r for r in rows if r["PCN_CODE"] == "U"]
    assert [r["PCN_NAME"] for r in unallocated] == ["UNALLOCATED"]
    held = memberships(landing, "2025-09")
    assert unallocated[0]["GP_CODE"] not in held
    for row in rows:
        if row["PCN_CODE"] != "U":
            assert max(held[row["GP_CODE"]])[2] == row["PCN_CODE"]


def test_one_practice_lies_across_a_border(landing: Path) -> None:
    rows = sheet(landing / "ods-reference" / "ePCN_2025-09.xlsx", "PCN Core Partner Details")[1:]
    across = {row[0] for row in rows if row[2] != row[6] and not row[9]}
    assert len(across) == 1


def test_registers_fit_their_lists(landing: Path) -> None:
    rows = read(landing / "qof" / "PREVALENCE_2425.csv")
    mapped = {r["PRACTICE_CODE"] for r in read(landing / "qof/MAPPING_NHS_GEOGRAPHIES_2425.csv")}
    assert {r["PRACTICE_CODE"] for r in rows} == mapped
    lists: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        assert 0 <= int(row["REGISTER"]) <= int(row["PRACTICE_LIST_SIZE"])
        lists[row["PRACTICE_CODE"]][row["PATIENT_LIST_TYPE"]] = int(row["PRACTICE_LIST_SIZE"])
    for sizes in lists.values():
        in_order = [sizes[t] for t in ("TOTAL", "06OV", "16OV", "17OV", "18OV", "50OV")]
        assert in_order == sorted(in_order, reverse=True)


# --- workforce -------------------------------------------------------------------------------


def staff(landing: Path, month: str) -> list[Row]:
    return read(landing / "pcn-workforce" / f"PCN_individual_level_{month}.csv", "cp1252")


@pytest.mark.parametrize("month", ["2025-03", "2025-06", "2025-09"])
def test_workforce_is_of_a_credible_size(landing: Path, month: str) -> None:
    rows = staff(landing, month)
    patients = sum(
        int(r["NUMBER_OF_PATIENTS"])
        for r in read(landing / "gp-list-size" / f"gp-reg-pat-prac-all_{month}.csv")
    )
    link = [r for r in rows if r["STAFF_ROLE"] == "Social Prescribing Link Workers"]
    assert 0.35 < sum(float(r["FTE"]) for r in link) / patients * 10_000 < 0.7
    assert {r["Data_source"] for r in link} == {"NWRS Staff", "NWRS contracted services"}
    for row in rows:
        contracted = row["Data_source"] == "NWRS contracted services"
        assert (row["UNIQUE_IDENTIFIER"] == "NULL") == contracted
        assert contracted or 0 < float(row["FTE"]) <= 1
    roles = {r["STAFF_ROLE"] for r in rows}
    assert {"Care Coordinators", "Health and Wellbeing Coaches", "Pharmacists"} <= roles


def test_workforce_traps(landing: Path) -> None:
    releases = {month: staff(landing, month) for month in ("2025-03", "2025-06", "2025-09")}
    networks = {m: {r["PCN_CODE"] for r in rows} for m, rows in releases.items()}
    assert networks["2025-03"] == networks["2025-09"]
    assert len(networks["2025-03"] - networks["2025-06"]) == 1
    negative = [r["FTE"] for rows in releases.values() for r in rows if float(r["FTE"]) < 0]
    assert negative == ["-0.026666667"]
    homes: list[dict[str, str]] = [
        {r["UNIQUE_IDENTIFIER"]: r["PCN_CODE"] for r in rows if r["UNIQUE_IDENTIFIER"] != "NULL"}
        for rows in releases.values()
    ]
    # Numbers come back in the next release on other people, mostly in other networks.
    shared = homes[0].keys() & homes[2].keys()
    assert len(shared) > 100
    assert sum(homes[0][i] != homes[2][i] for i in shared) > len(shared) / 2
    # Somebody holds two roles, so rows are more than heads.
    assert len(homes[0]) < sum(r["UNIQUE_IDENTIFIER"] != "NULL" for r in releases["2025-03"])
