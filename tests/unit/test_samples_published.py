"""The published extracts beside the first ones: official headers, and sums that agree."""

import csv
import dataclasses
import re
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from sample_files import Row, header_of, number, read, real

from assets.samples.country.places import invent
from assets.samples.landing import write_landing
from assets.samples.months import span
from assets.samples.periods import few_periods
from assets.samples.published.appointments import WAITS, write_appointments
from assets.samples.survey.before_2024 import IDENTIFIERS, OLDER_QUESTIONS, older_columns

SEED = 20240401
WELLBEING = ("Life_satisfaction", "Worthwhile", "Happiness", "Anxiety")


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("landing")
    write_landing(folder)
    return folder


def lists_in(landing: Path, month: str = "2025-09") -> dict[str, int]:
    rows = read(landing / "gp-list-size" / f"gp-reg-pat-prac-all_{month}.csv")
    return {row["CODE"]: number(row, "NUMBER_OF_PATIENTS") for row in rows}


def deprivation(landing: Path) -> dict[str, float]:
    rows = read(landing / "imd" / "fingertips_94240_IMD2025_by_practice.csv")
    return {row["Area Code"]: float(row["Value"]) for row in rows if row["Area Type"] == "GPs"}


# --- layouts ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "published"),
    [
        ("qof/MAPPING_INDICATORS_2425.csv", "qof/MAPPING_INDICATORS_2021_v2.csv"),
        (
            "qof/PRACTICE_VALIDATION_OUTCOMES_2425.csv",
            "qof/PRACTICE_VALIDATION_OUTCOMES_2021.csv",
        ),
        (
            "gp-appointments/APPOINTMENTS_GP_COVERAGE_2025-08.csv",
            "gp-appointments/APPOINTMENTS_GP_COVERAGE_2021-08_2023-01.csv",
        ),
        ("gp-payments/nhspaymentsgp_24-25.csv", "gp-payments/nhspaymentsgp_24-25.csv"),
        (
            "fingertips/fingertips_247_dementia_qof.csv",
            "fingertips/fingertips_247_dementia_qof.csv",
        ),
        (
            "fingertips/fingertips_90280_social-isolation_CountyUA.csv",
            "fingertips/fingertips_social-isolation_CountyUA.csv",
        ),
        (
            "ncd-des/ncdes_synthetic_data_2023-03.csv",
            "ncd-des/ncdes_synthetic_data_2024-05.csv",
        ),
        (
            "community/england_cls_loneliness_lsoa21.csv",
            "community/england_cls_loneliness_lsoa21.csv",
        ),
    ],
)
def test_header_line_is_the_real_one_byte_for_byte(
    landing: Path, ours: str, published: str
) -> None:
    first_line = real(published).read_bytes().split(b"\n")[0]
    assert (landing / ours).read_bytes().split(b"\n")[0] == first_line


@pytest.mark.parametrize("measure", WELLBEING)
def test_wellbeing_begins_with_the_real_description_and_header(landing: Path, measure: str) -> None:
    name = f"community/ons_subnational_2022_{measure}.csv"
    published = real(name).read_bytes().split(b"\r\n")
    assert (landing / name).read_bytes().split(b"\r\n")[:6] == published[:6]


def test_wellbeing_has_a_note_with_a_line_break_and_no_last_line_ending(landing: Path) -> None:
    for measure in WELLBEING:
        content = (landing / "community" / f"ons_subnational_2022_{measure}.csv").read_bytes()
        assert not content.endswith(b"\n")
        rows = list(csv.reader(content.decode().splitlines(keepends=True)[5:]))
        noted = [row for row in rows[1:] if row[3]]
        assert [(row[2], row[3][-1]) for row in noted] == [("na", "\n")]
        assert {row[0][0] for row in rows[1:]} == {"E", "S", "N", "W"}
        assert all(0 <= float(row[2]) <= 10 for row in rows[1:] if row[2] != "na")


def test_older_survey_has_the_real_columns_of_the_questions_it_asks(landing: Path) -> None:
    listed = read(real("gpps/GPPS_2022-23_variable_dictionary_EXTRACTED.csv"))
    published = [row["variable"] for row in listed]
    asked = "|".join(re.escape(older.code) for older in OLDER_QUESTIONS)
    pattern = rf"({asked})(_?base|_\d+base|_\d+|_\d+pct|ci_(lower|upper)_wil)"
    wanted = published[:12] + [v for v in published if re.fullmatch(pattern, v)]
    for year in (2022, 2023):
        path = landing / "gpps" / f"GPPS_{year}_Practice_data_(weighted)_(csv)_PUBLIC.csv"
        found = header_of(path)
        assert Counter(found) == Counter(wanted)
        assert found[len(IDENTIFIERS) + 3 :] == wanted[12:]


def test_older_survey_writes_its_names_another_way_before_2022(landing: Path) -> None:
    path = landing / "gpps" / "GPPS_2021_Practice_data_(weighted)_(csv)_PUBLIC.csv"
    found = header_of(path)
    assert {"Practice_Code", "STP_Code", "CCG_Code", "Q88_12pct"} <= set(found)
    assert not {"practice_code", "pcn_code"} & set(found)


def test_membership_of_commissioners_has_no_header_and_quotes_everything(landing: Path) -> None:
    content = (landing / "ods-reference" / "epcmem_2025-09.csv").read_bytes()
    first = real("ods-reference/epcmem_2019-10.csv").read_bytes().split(b"\n")[0]
    shape = rb'"[A-Z]\d{5}","[A-Z0-9]{3,5}","W","\d{8}","(\d{8})?","0"\r'
    assert re.fullmatch(shape, first)
    assert all(re.fullmatch(shape, line) for line in content.split(b"\n")[:-1])


# --- patients by age and small area ----------------------------------------------------------


def test_single_years_add_up_to_bands_and_to_the_list(landing: Path) -> None:
    folder = landing / "gp-list-size"
    bands: dict[tuple[str, str, str], int] = {}
    for row in read(folder / "gp-reg-pat-prac-quin-age_2025-09.csv"):
        if row["ORG_TYPE"] == "GP" and row["SEX"] != "ALL":
            bands[row["ORG_CODE"], row["SEX"], row["AGE_GROUP_5"]] = number(
                row, "NUMBER_OF_PATIENTS"
            )
    summed: dict[tuple[str, str, str], int] = defaultdict(int)
    people: dict[str, int] = defaultdict(int)
    for sex in ("FEMALE", "MALE"):
        rows = read(folder / f"gp-reg-pat-prac-sing-age-{sex.lower()}_2025-09.csv")
        assert {row["SEX"] for row in rows} == {sex}
        assert Counter(row["AGE"] for row in rows).keys() == {
            *(str(age) for age in range(95)), "95+", "ALL",
        }  # fmt: skip
        for row in rows:
            age, patients = row["AGE"], number(row, "NUMBER_OF_PATIENTS")
            assert patients >= 0
            low = int(age) // 5 * 5 if age.isdigit() else 0
            band = f"{low}_{low + 4}" if age.isdigit() else age
            summed[row["ORG_CODE"], sex, band] += patients
            people[row["ORG_CODE"]] += patients * (age == "ALL")
    assert summed == bands
    assert people == lists_in(landing)


def test_small_areas_add_up_to_the_list(landing: Path) -> None:
    rows = read(landing / "gp-list-size" / "gp-reg-pat-prac-lsoa-all_2025-07.csv")
    summed: dict[str, int] = defaultdict(int)
    for row in rows:
        assert number(row, "NUMBER_OF_PATIENTS") > 0
        summed[row["PRACTICE_CODE"]] += number(row, "NUMBER_OF_PATIENTS")
    known = {p.code: p.list_sizes.get("2025-07") for p in invent(60, SEED).practices}
    assert summed == {code: size for code, size in known.items() if size}
    codes = {row["LSOA_CODE"] for row in rows}
    assert {"NO2011", "W01999901"} <= codes
    keys = Counter((row["PRACTICE_CODE"], row["LSOA_CODE"]) for row in rows)
    assert max(keys.values()) == 1
    scored = {row["LSOA code (2021)"] for row in read(landing / "imd" / "iod2025_file7_lsoa.csv")}
    assert codes - scored == {"NO2011", "W01999901"}


def test_scores_of_small_areas_give_the_scores_of_practices(landing: Path) -> None:
    scores = {
        row["LSOA code (2021)"]: float(row["Index of Multiple Deprivation (IMD) Score"])
        for row in read(landing / "imd" / "iod2025_file7_lsoa.csv")
    }
    weighted: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for row in read(landing / "gp-list-size" / "gp-reg-pat-prac-lsoa-all_2025-07.csv"):
        if row["LSOA_CODE"] in scores:
            patients = number(row, "NUMBER_OF_PATIENTS")
            weighted[row["PRACTICE_CODE"]][0] += patients * scores[row["LSOA_CODE"]]
            weighted[row["PRACTICE_CODE"]][1] += patients
    published = deprivation(landing)
    gaps = [abs(weighted[code][0] / weighted[code][1] - score) for code, score in published.items()]
    assert max(gaps) < 1
    assert np.median(gaps) < 0.1


@pytest.mark.parametrize(("year", "vintage"), [(2025, 2021), (2019, 2011)])
def test_ranks_and_deciles_follow_the_scores(landing: Path, year: int, vintage: int) -> None:
    rows = read(landing / "imd" / f"iod{year}_file7_lsoa.csv")
    imd = "Index of Multiple Deprivation (IMD)"
    ranked = sorted(rows, key=lambda r: number(r, f"{imd} Rank (where 1 is most deprived)"))
    scores = [float(row[f"{imd} Score"]) for row in ranked]
    assert scores == sorted(scores, reverse=True)
    decile = f"{imd} Decile (where 1 is most deprived 10% of LSOAs)"
    assert [number(row, decile) for row in ranked] == sorted(number(row, decile) for row in ranked)
    assert {number(row, decile) for row in ranked} == set(range(1, 11))
    assert f"LSOA code ({vintage})" in rows[0]


def test_redrawn_small_areas_have_another_code_in_2019(landing: Path) -> None:
    newer = {r["LSOA code (2021)"] for r in read(landing / "imd" / "iod2025_file7_lsoa.csv")}
    older = {r["LSOA code (2011)"] for r in read(landing / "imd" / "iod2019_file7_lsoa.csv")}
    assert 0.95 < len(newer & older) / len(newer) < 0.99


def test_loneliness_goes_with_deprivation_and_ten_is_loneliest(landing: Path) -> None:
    rows = read(landing / "community" / "england_cls_loneliness_lsoa21.csv")
    shares = [float(row["perc"]) for row in rows]
    scores = {
        row["LSOA code (2021)"]: float(row["Index of Multiple Deprivation (IMD) Score"])
        for row in read(landing / "imd" / "iod2025_file7_lsoa.csv")
    }
    assert np.corrcoef(shares, [scores[row["lsoa21_code"]] for row in rows])[0, 1] > 0.4
    loneliest = [float(row["perc"]) for row in rows if row["deciles"] == "10"]
    assert min(loneliest) >= max(float(row["perc"]) for row in rows if row["deciles"] == "9")


def test_ethnic_groups_add_up_to_everybody(landing: Path) -> None:
    path = landing / "census" / "census2021-ts021-lsoa.csv"
    header = header_of(path)
    assert header[:3] == ["date", "geography", "geography code"]
    assert len(header) == 28
    everybody = header[3]
    broad = [name for name in header[4:] if ": " not in name.removeprefix("Ethnic group: ")[:-17]]
    detailed = [name for name in header[4:] if name not in broad]
    assert (len(broad), len(detailed)) == (5, 19)
    for row in read(path):
        assert sum(number(row, name) for name in broad) == number(row, everybody)
        assert sum(number(row, name) for name in detailed) == number(row, everybody)


# --- Network Contract DES --------------------------------------------------------------------


def network_service(landing: Path, year: int) -> list[tuple[str, list[Row]]]:
    """Months of a financial year in order, with their rows."""
    found = []
    for path in (landing / "ncd-des").glob("NCDes???[0-9][0-9].csv"):
        rows = read(path)
        day, month, calendar_year = rows[0]["ACH_DATE"].split("/")
        assert int(day) >= 28
        key = f"{calendar_year}-{month}"
        if key in span(f"{year}-04", f"{year + 1}-03"):
            found.append((key, rows))
    return sorted(found)


@pytest.mark.parametrize("year", [2023, 2024])
def test_counts_of_all_practices_grow_from_april_to_march(landing: Path, year: int) -> None:
    months = network_service(landing, year)
    assert [month for month, _ in months] == list(span(f"{year}-04", f"{year + 1}-03"))
    referred = "NCD001" if year == 2023 else "PC01"
    for code in (referred, "NCDMI001" if year == 2023 else "PC14"):
        totals = [
            sum(
                number(row, "VALUE")
                for row in rows
                if (row["IND_CODE"], row["MEASURE"]) == (code, "Numerator")
            )
            for month, rows in months
            # One practice is silent in August.
            if not month.endswith("-08")
        ]
        assert all(one < two for one, two in pairwise(totals))


def test_counts_begin_again_each_april_under_new_codes(landing: Path) -> None:
    (_, march), (_, april) = network_service(landing, 2023)[-1], network_service(landing, 2024)[0]
    assert {row["QUALITY_SERVICE"] for row in march} == {"NCD2324"}
    assert {row["QUALITY_SERVICE"] for row in april} == {"NCD2425"}
    assert {"NCD001", "NCD018", "NCDMI064"} <= {row["IND_CODE"] for row in march}
    assert {row["IND_CODE"] for row in april} == {
        "PC01", "PC02", "PC03", "PC14", "PC15", "PC17", "PC20", "EHCH02",
    }  # fmt: skip

    def referred(rows: list[Row]) -> int:
        return sum(
            number(row, "VALUE")
            for row in rows
            if row["IND_CODE"] in ("NCD001", "PC01") and row["MEASURE"] == "Numerator"
        )

    assert referred(april) < referred(march) / 5


def test_a_practice_is_silent_in_august_and_another_takes_counts_back(landing: Path) -> None:
    months = network_service(landing, 2024)
    sent = {month: {row["PRACTICE_CODE"] for row in rows} for month, rows in months}
    assert sent["2024-07"] - sent["2024-08"] == {"A99002"}
    assert sent["2024-07"] <= sent["2024-09"]
    counts = [
        {
            row["PRACTICE_CODE"]: number(row, "VALUE")
            for row in rows
            if (row["IND_CODE"], row["MEASURE"]) == ("PC01", "Numerator")
        }
        for _, rows in months
    ]
    fell = {
        code
        for one, two in pairwise(counts)
        for code in one.keys() & two.keys()
        if two[code] < one[code]
    }
    assert "A99004" in fell
    assert counts[7]["A99004"] == counts[6]["A99004"] - 2


def test_adjustments_are_withheld_where_one_person_could_be_told(landing: Path) -> None:
    withheld = 0
    for year in (2023, 2024):
        for _, rows in network_service(landing, year):
            homes: dict[str, dict[str, str]] = defaultdict(dict)
            for row in rows:
                if row["IND_CODE"] in ("NCD018", "EHCH02"):
                    homes[row["PRACTICE_CODE"]][row["MEASURE"]] = row["VALUE"]
            for measures in homes.values():
                assert "*" not in (
                    measures.pop("Numerator"),
                    denominator := measures["Denominator"],
                )
                del measures["Denominator"]
                hidden = "*" in measures.values()
                assert len(measures) == 2
                assert not hidden or (denominator == "0" and set(measures.values()) == {"*"})
                alone = sorted(measures.values())[0] == "0" != sorted(measures.values())[1]
                assert not (denominator == "0" and alone)
                withheld += hidden
    assert withheld >= 9


def test_submissions_have_the_dates_of_the_real_ones(landing: Path) -> None:
    rows = read(landing / "ncd-des" / "ncdes_synthetic_data_2023-03.csv")
    assert {row["ACH_DATE"] for row in rows} == {"20230331"}
    assert {row["SUBMIT_DATE"] for row in rows} == {"05/04/2023"}
    assert {"NCD001", "NCDMI004"} <= {row["IND_CODE"] for row in rows}
    keys = Counter((row["ORG_CODE"], row["IND_CODE"], row["FIELD_NAME"]) for row in rows)
    assert max(keys.values()) == 1


def test_more_people_are_referred_where_deprivation_is_high(landing: Path) -> None:
    scores, rates = deprivation(landing), {}
    rows = network_service(landing, 2024)[-1][1]
    for code in {row["PRACTICE_CODE"] for row in rows} & scores.keys():
        own = {
            row["MEASURE"]: number(row, "VALUE")
            for row in rows
            if (row["PRACTICE_CODE"], row["IND_CODE"]) == (code, "PC01")
        }
        rates[code] = own["Numerator"] / own["Denominator"]
    assert 0.005 < np.median(list(rates.values())) < 0.04
    codes = list(rates)
    assert np.corrcoef([scores[c] for c in codes], [rates[c] for c in codes])[0, 1] > 0.1


# --- quality framework -----------------------------------------------------------------------


def test_achievement_fits_registers_and_the_shares_of_2024_25(landing: Path) -> None:
    achieved: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for row in read(landing / "qof" / "ACHIEVEMENT_2425.csv"):
        achieved[row["PRACTICE_CODE"], row["INDICATOR_CODE"]][row["MEASURE"]] = float(row["VALUE"])
    registers = {
        (row["PRACTICE_CODE"], row["GROUP_CODE"]): number(row, "REGISTER")
        for row in read(landing / "qof" / "PREVALENCE_2425.csv")
    }
    mapped = read(landing / "qof" / "MAPPING_INDICATORS_2425.csv")
    group = {row["INDICATOR_CODE"]: row["GROUP_CODE"] for row in mapped}
    points = {row["INDICATOR_CODE"]: float(row["INDICATOR_POINT_VALUE"]) for row in mapped}
    assert {code for _, code in achieved} == set(group)
    for (practice, indicator), found in achieved.items():
        register = registers.get((practice, group[indicator]))
        assert 0 <= found["ACHIEVED_POINTS"] <= points[indicator]
        if "REGISTER" in found:
            assert found["REGISTER"] == register
            continue
        assert 0 <= found["NUMERATOR"] <= found["DENOMINATOR"]
        if register is not None:
            assert found["DENOMINATOR"] + found["PCAS"] == register
    for indicator, share, adjusted in (("MH002", 0.914, 0.214), ("DEM004", 0.840, 0.095)):
        mine = [found for (_, code), found in achieved.items() if code == indicator]
        numerator, denominator, left_out = (
            sum(found[name] for found in mine) for name in ("NUMERATOR", "DENOMINATOR", "PCAS")
        )
        assert numerator / denominator == pytest.approx(share, abs=0.02)
        assert left_out / (denominator + left_out) == pytest.approx(adjusted, abs=0.04)


def test_practices_that_failed_a_rule_are_known(landing: Path) -> None:
    rows = read(landing / "qof" / "PRACTICE_VALIDATION_OUTCOMES_2425.csv")
    with (landing / "ods-reference" / "epraccur_2025-09.csv").open(newline="") as stream:
        known = {row[0] for row in csv.reader(stream)}
    assert {row["PRACTICE_CODE"] for row in rows} <= known
    assert {row["VALIDATION_RULE"] for row in rows} == {"1", "3"}


# --- appointments ----------------------------------------------------------------------------


def test_appointments_use_the_published_words(landing: Path) -> None:
    rows = read(landing / "gp-appointments" / "Practice_Level_Crosstab_Jul_25.csv")
    assert {row["APPOINTMENT_MONTH_START_DATE"] for row in rows} == {"01JUL2025"}
    assert {row["TIME_BETWEEN_BOOK_AND_APPT"] for row in rows} == set(WAITS)
    assert "8  to 14 Days" in WAITS
    assert {
        "Social Prescribing Service",
        "Group Consultation and Group Education",
        "Care Home Needs Assessment & Personalised Care and Support Planning",
    } <= {row["NATIONAL_CATEGORY"] for row in rows}
    key = ("GP_CODE", "SUPPLIER", "HCP_TYPE", "APPT_MODE", "NATIONAL_CATEGORY",
           "TIME_BETWEEN_BOOK_AND_APPT", "APPT_STATUS")  # fmt: skip
    assert max(Counter(tuple(row[name] for name in key) for row in rows).values()) == 1
    per_practice = len(rows) / len({row["GP_CODE"] for row in rows})
    assert 250 < per_practice < 450
    patients = sum(lists_in(landing, "2025-06").values())
    booked = sum(number(row, "COUNT_OF_APPOINTMENTS") for row in rows)
    assert 0.35 < booked / patients < 0.65
    # In the mapping one practice has two suppliers, and here too.
    suppliers = defaultdict(set)
    for row in rows:
        suppliers[row["GP_CODE"]].add(row["SUPPLIER"])
    assert sorted(map(len, suppliers.values()))[-2:] == [1, 2]


def test_coverage_says_who_is_missing_in_august(landing: Path) -> None:
    july, august = (
        {
            row["GP_CODE"]
            for row in read(landing / "gp-appointments" / f"Practice_Level_Crosstab_{month}_25.csv")
        }
        for month in ("Jul", "Aug")
    )
    assert july - august == {"A99002"}
    rows = read(landing / "gp-appointments" / "APPOINTMENTS_GP_COVERAGE_2025-08.csv")
    for month, present in (("01JUL2025", july), ("01AUG2025", august)):
        mine = [row for row in rows if row["Appointment_Month"] == month]
        assert sum(number(row, "Included Practices") for row in mine) == len(present)
        for row in mine:
            patients = [
                number(row, f"Patients registered at {kind} practices")
                for kind in ("included", "open")
            ]
            assert patients[0] <= patients[1]
    gap = sum(number(row, "Open Practices") - number(row, "Included Practices") for row in rows)
    assert gap == 1


def test_appointments_have_seasons_and_more_are_missed_where_deprivation_is_high(
    tmp_path: Path,
) -> None:
    places = invent(60, SEED)
    months = ("2024-07", "2024-10", "2024-12")
    periods = dataclasses.replace(few_periods(), appointment_months=months)
    write_appointments(tmp_path, places, periods, SEED)
    booked = {}
    missed: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for name in ("Jul_24", "Oct_24", "Dec_24"):
        rows = read(tmp_path / "gp-appointments" / f"Practice_Level_Crosstab_{name}.csv")
        booked[name] = sum(number(row, "COUNT_OF_APPOINTMENTS") for row in rows)
        for row in rows:
            count = number(row, "COUNT_OF_APPOINTMENTS")
            missed[row["GP_CODE"]][0] += count * (row["APPT_STATUS"] == "DNA")
            missed[row["GP_CODE"]][1] += count
    assert booked["Oct_24"] > 1.1 * booked["Jul_24"] > 1.1 * booked["Dec_24"]
    pairs = [
        (p.deprivation, missed[p.code][0] / missed[p.code][1])
        for p in places.practices
        if p.code in missed
    ]
    assert np.corrcoef(np.array(pairs).T)[0, 1] > 0.5


@pytest.mark.slow
def test_a_month_of_appointments_of_england_takes_seconds(tmp_path: Path) -> None:
    periods = dataclasses.replace(few_periods(), appointment_months=("2025-07",))
    path = write_appointments(tmp_path, invent(6300, SEED), periods, SEED)[0]
    with path.open("rb") as stream:
        rows = sum(1 for _ in stream) - 1
    assert 1_800_000 < rows < 2_800_000


# --- payments, budgets, Fingertips -----------------------------------------------------------


def test_payments_add_up_and_averages_follow(landing: Path) -> None:
    path = landing / "gp-payments" / "nhspaymentsgp_24-25.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    header = header_of(path)
    amounts = header[header.index("Global Sum") : header.index("Covid Immunisation")]
    total = "Total NHS Payments to General Practice"
    empty = 0
    for row in read(path):
        assert sum(float(row[name]) for name in amounts) == pytest.approx(float(row[total]))
        patients = float(row["Average Number of Registered Patients"])
        average = row["Average payments per registered patient"]
        if not patients:
            empty += 1
            assert average == "N/A"
            assert "No registered patients" in row["Atypical characteristics"]
        else:
            assert float(average) == pytest.approx(float(row[total]) / patients, abs=0.01)
            assert 100 < float(average) < 320
        assert re.fullmatch(r"\d\d/\d\d/\d{4}", row["Practice Open Date"])
        assert re.fullmatch(r"(\d\d/\d\d/\d{4})?", row["Practice Close Date"])
    assert empty == 3


def test_budgets_are_counted_up_from_april_and_their_parts_add_up(landing: Path) -> None:
    quarters = []
    for quarter in range(1, 5):
        rows = read(landing / "phb" / f"phb_counts_2024-25_q{quarter}.csv")
        states = {row["measure"]: row["value_state"] for row in rows}
        found = {row["measure"]: number(row, "value") for row in rows if row["value"].isdigit()}
        assert found["adult"] + found["cyp"] == found["phb_total"]
        assert found["dp"] + found["notional"] + found["third_party"] == found["phb_total"]
        assert (states["wheelchair"] == "not_available") == (quarter == 1)
        quarters.append(found)
    for one, two in pairwise(quarters):
        assert all(two[measure] > one[measure] for measure in one)
    first_of_next = read(landing / "phb" / "phb_counts_2025-26_q1.csv")
    assert number(first_of_next[0], "value") < quarters[0]["phb_total"] * 1.6


def test_budgets_of_few_people_are_withheld(tmp_path: Path) -> None:
    write_landing(tmp_path, practices=5)
    rows = read(tmp_path / "phb" / "phb_counts_2024-25_q1.csv")
    withheld = [row for row in rows if row["value_state"] == "suppressed_source"]
    assert withheld
    assert {row["value"] for row in withheld} == {"*"}
    assert all(number(row, "value") >= 5 for row in rows if row["value_state"] == "reported")


def test_fingertips_repeats_england_and_practices_under_two_parents(landing: Path) -> None:
    rows = read(landing / "fingertips" / "fingertips_247_dementia_qof.csv")
    parents: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        parents[row["Area Code"]].append(row["Parent Code"])
        if not row["Value"]:
            assert row["Value note"] == "Value missing in source data"
            continue
        low, value, high = (
            float(row[name]) for name in ("Lower CI 95.0 limit", "Value", "Upper CI 95.0 limit")
        )
        assert low < value < high
        assert value == pytest.approx(100 * number(row, "Count") / number(row, "Denominator"))
    assert parents["E92000001"] == ["", "E92000001"]
    practices = {code: found for code, found in parents.items() if code.startswith("A")}
    assert set(map(tuple, practices.values())) == {("E92000001", "E54999999")}
    assert len([row for row in rows if not row["Value"]]) == 2
    assert {row["Compared to England value or percentiles"] for row in rows} == {
        "Higher", "Similar", "Lower", "Not compared",
    }  # fmt: skip


def test_older_fingertips_has_26_columns_and_categories(landing: Path) -> None:
    path = landing / "fingertips" / "fingertips_90280_social-isolation_CountyUA.csv"
    assert len(header_of(path)) == 26
    rows = read(path)
    assert {row["Category Type"] for row in rows} == {"", "Ethnic groups"}
    assert sum(not row["Value"] for row in rows) == 1


# --- survey before 2024 and above the practice -----------------------------------------------


def test_older_survey_shares_are_counts_over_bases_inside_their_limits(landing: Path) -> None:
    checked = 0
    for year in (2021, 2022, 2023):
        path = landing / "gpps" / f"GPPS_{year}_Practice_data_(weighted)_(csv)_PUBLIC.csv"
        for row in read(path):
            low = {name.lower(): text for name, text in row.items()}
            share = float(low["q88_12pct"])
            if share < 0:
                continue
            count, base = float(low["q88_12"]), float(low["q88_123base"])
            assert count / base == pytest.approx(share, abs=1e-6)
            assert float(low["q88_1"]) + float(low["q88_2"]) == pytest.approx(count, abs=1e-5)
            limits = [float(low[f"q88ci_{side}_wil"]) for side in ("lower", "upper")]
            assert 0 <= limits[0] <= share <= limits[1] <= 1
            assert float(low["q88_4pct"]) == pytest.approx(
                float(low["q88_4"]) / float(low["q88base"]), abs=1e-6
            )
            checked += 1
    assert checked > 150


def test_older_survey_withholds_small_bases(landing: Path) -> None:
    path = landing / "gpps" / "GPPS_2023_Practice_data_(weighted)_(csv)_PUBLIC.csv"
    small = [row for row in read(path) if row["q98_12pct"] == "-97"]
    assert small
    for row in small:
        assert {row[name] for name in row if re.match(r"q98(_|ci)", name)} == {"-97", "-99"}
    assert set(older_columns()) <= set(header_of(path))


def test_networks_and_regions_are_weighted_apart_from_practices(landing: Path) -> None:
    folder = landing / "gpps"

    def level(name: str) -> list[Row]:
        return read(folder / f"GPPS_2025_{name}_data_(weighted)_(csv)_PUBLIC.csv")

    practices, networks, regions = level("Practice"), level("PCN"), level("Region")
    members: dict[str, list[Row]] = defaultdict(list)
    for row in practices:
        members[row["ad_pcncode"]].append(row)
    assert {row["ad_pcncode"] for row in networks} == members.keys() - {" "}
    for row in networks:
        mine = members[row["ad_pcncode"]]
        assert number(row, "received") == sum(number(r, "received") for r in mine)
        assert number(row, "popsize") == sum(number(r, "popsize") for r in mine)
    assert [row["ad_commissioningregioncode"] for row in regions] == ["Y99"]
    summed = sum(float(row["overallexp.baseevalw"]) for row in practices)
    assert summed != pytest.approx(float(regions[0]["overallexp.baseevalw"]), rel=0.001)


def test_commissioners_follow_each_other_without_overlap(landing: Path) -> None:
    held: dict[str, list[tuple[str, str]]] = defaultdict(list)
    with (landing / "ods-reference" / "epcmem_2025-09.csv").open(newline="") as stream:
        for code, _, _, joined, left, _ in csv.reader(stream):
            held[code].append((joined, left or "99999999"))
    with (landing / "ods-reference" / "epraccur_2025-09.csv").open(newline="") as stream:
        practices = {row[0] for row in csv.reader(stream) if row[25] == "4" and row[2] != "W00"}
    assert set(held) == practices
    for spells in held.values():
        assert all(joined <= left for joined, left in spells)
        assert all(one[1] < two[0] for one, two in pairwise(sorted(spells)))
