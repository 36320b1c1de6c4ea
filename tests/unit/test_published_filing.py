"""Published files as they are named and headed in the wild: which extract, period and part."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import pytest

from assets.extracts.arriving.landing import Declaration
from assets.extracts.contract_model.contract import Contract
from assets.extracts.contract_model.contract_files import load_contracts
from assets.extracts.reading.peeking import peek
from assets.extracts.reading.recognition import LayoutMatch, recognise
from assets.extracts.reading.resolution import Filing, file_under
from assets.extracts.reading.sheets import Sheet


@cache
def contracts() -> dict[str, Contract]:
    return load_contracts()


def recognised(tmp_path: Path, name: str, rows: list[str], encoding: str = "utf-8") -> LayoutMatch:
    """The one match of a file with these lines."""
    path = tmp_path / "file.csv"
    path.write_bytes("\r\n".join([*rows, ""]).encode(encoding))
    found = recognise(name, peek(path), contracts())
    [match] = found.matches
    return match


def filed(tmp_path: Path, name: str, rows: list[str], arrived_on: date | None = None) -> Filing:
    match = recognised(tmp_path, name, rows)

    def distinct(columns: tuple[str, ...]) -> list[tuple[str, ...]]:
        found = {tuple(row[match.positions[c]] for c in columns) for row in match.sheet.sample}
        return sorted(found)

    return file_under(match.contract, match, name, Declaration(), distinct, arrived_on)


# -- days ------------------------------------------------------------------------------------------

LIST_SIZES = (
    "PUBLICATION,EXTRACT_DATE,TYPE,{sub_icb},{sub_icb_ons},CODE,POSTCODE,SEX,AGE,NUMBER_OF_PATIENTS"
)
MAP = (
    "PUBLICATION,EXTRACT_DATE,PRACTICE_CODE,PRACTICE_NAME,PRACTICE_POSTCODE,PCN_CODE,PCN_NAME,"
    "ONS_{sub}_CODE,{sub}_CODE,{sub}_NAME,ONS_{icb}_CODE,{icb}_CODE,{icb}_NAME,"
    "ONS_COMM_REGION_CODE,COMM_REGION_CODE,COMM_REGION_NAME"
)


@pytest.mark.parametrize(
    ("day", "period"),
    [("01JAN2021", "2021-01"), ("01-Sep-20", "2020-09"), ("01-Jan-2023", "2023-01"),
     ("01Jan2022", "2022-01"), ("01-SEP-2020", "2020-09")],
)  # fmt: skip
def test_every_spelling_of_the_day_of_a_list_names_its_month(
    tmp_path: Path, day: str, period: str
) -> None:
    sizes = LIST_SIZES.format(sub_icb="CCG_CODE", sub_icb_ons="ONS_CCG_CODE")
    where = MAP.format(sub="SUB_ICB_LOCATION", icb="ICB")
    bands = "EXTRACT_DATE,ORG_TYPE,ORG_CODE,POSTCODE,SEX,AGE_GROUP_5,NUMBER_OF_PATIENTS"
    for name, header, row in (
        ("all.csv", sizes, f"GP_PRAC_PAT_LIST,{day},GP,16C,E38000001,A81001,TS1 1AA,ALL,ALL,4000"),
        ("map.csv", where, f"GP_PRAC_MAP,{day},A81001,A,TS1 1AA,U00001,N,,16C,L,,QHM,B,,Y63,R"),
        ("ages.csv", bands, f"{day},GP,A81001,TS1 1AA,MALE,0_4,12"),
    ):
        assert filed(tmp_path, name, [header, row]).period.label == period, name


@pytest.mark.parametrize(
    ("sub_icb", "sub_icb_ons"),
    [("SUB_ICB_CODE", "ONS_SUB_ICB_CODE"), ("SUB_ICB_LOC_CODE", "ONS_SUB_ICB_LOC_CODE"),
     ("SUB_ICB_ODS_CODE", "SUB_ICB_ONS_CODE"), ("SUB_ICB_LOC_ODS_CODE", "SUB_ICB_LOC_ONS_CODE"),
     ("SUB_ICB_LOCATION_CODE", "ONS_SUB_ICB_LOCATION_CODE"), ("CCG_CODE", "ONS_CCG_CODE")],
)  # fmt: skip
def test_a_location_is_known_under_every_name_it_had(
    tmp_path: Path, sub_icb: str, sub_icb_ons: str
) -> None:
    header = LIST_SIZES.format(sub_icb=sub_icb, sub_icb_ons=sub_icb_ons)
    row = "GP_PRAC_PAT_LIST,01JAN2021,GP,16C,E38000001,A81001,TS1 1AA,ALL,ALL,4000"

    match = recognised(tmp_path, "list.csv", [header, row])

    assert match.contract.extract == "reg_list_sizes"
    assert (match.positions["sub_icb_code"], match.positions["sub_icb_ons_code"]) == (3, 4)


def test_coverage_of_the_years_of_commissioning_groups_is_known(tmp_path: Path) -> None:
    header = (
        "CCG_CODE,STP_ONS_CODE,REGION_ONS_CODE,Appointment_Month,Included Practices,"
        "Open Practices,Patients registered at included practices,"
        "Patients registered at open practices"
    )
    row = "16C,E54000050,E40000012,01AUG2020,10,10,50000,50000"

    assert filed(tmp_path, "coverage.csv", [header, row]).period.label == "2020-08"


def test_patients_by_area_come_in_a_file_per_sex(tmp_path: Path) -> None:
    header = "PUBLICATION,EXTRACT_DATE,PRACTICE_CODE,PRACTICE_NAME,LSOA_CODE,SEX,NUMBER_OF_PATIENTS"
    parts = [
        filed(
            tmp_path,
            f"gp-reg-pat-prac-lsoa-{sex}.csv",
            [header, f"GP,01JUL2025,A81001,A,E01000001,{sex.upper()},5"],
        ).part
        for sex in ("all", "male", "female")
    ]
    assert parts == ["all", "male", "female"]


# -- names and folders -----------------------------------------------------------------------------

CROSSTAB = (
    "APPOINTMENT_MONTH_START_DATE,GP_CODE,GP_NAME,SUPPLIER,PCN_CODE,PCN_NAME,"
    "SUB_ICB_LOCATION_CODE,SUB_ICB_LOCATION_NAME,HCP_TYPE,APPT_MODE,NATIONAL_CATEGORY,"
    "TIME_BETWEEN_BOOK_AND_APPT,COUNT_OF_APPOINTMENTS,APPT_STATUS"
)
CROSSTAB_ROW = "01AUG2025,A81001,A,EMIS,U00001,N,16C,L,GP,Video,Planned Clinics,Same Day,3,Attended"
MAPPING = (
    "GP_CODE,GP_NAME,SUPPLIER,PCN_CODE,PCN_NAME,SUB_ICB_LOCATION_CODE,SUB_ICB_LOCATION_NAME,"
    "ICB_CODE,ICB_NAME,REGION_CODE,REGION_NAME"
)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("Practice_Level_Crosstab_Aug_25.csv", ""),
        ("Practice_Level_Crosstab_Aug_25_London.csv", "london"),
        ("gp/Practice_Level_Crosstab_Aug_25/London.csv", "london"),
        ("Practice_Level_Crosstab_Aug_25/North_West.csv", "north_west"),
        ("Practice_Level_Crosstab_Aug_25.zip/North_West.csv", "north_west"),
    ],
)
def test_a_region_of_the_crosstab_is_named_by_the_file_or_the_folder(
    tmp_path: Path, name: str, part: str
) -> None:
    filing = filed(tmp_path, name, [CROSSTAB, CROSSTAB_ROW])
    assert (filing.period.label, filing.part) == ("2025-08", part)


@pytest.mark.parametrize(
    "name", ["Practice_Level_Crosstab_Aug_25/Mapping.csv", "GPAD_Mapping_2025-08.csv"]
)
def test_the_mapping_has_the_month_of_its_name_or_folder(tmp_path: Path, name: str) -> None:
    row = "A81001,A,EMIS,U00001,N,16C,L,QHM,B,Y63,R"
    assert filed(tmp_path, name, [MAPPING, row]).period.label == "2025-08"


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("NCDesAug24.csv", ""),
        ("NCDesAug24_SMR.csv", "smr"),
        ("ncdes_synthetic_data_2024-05.csv", ""),
    ],
)
def test_counts_of_a_month_may_come_by_ruleset(tmp_path: Path, name: str, part: str) -> None:
    header = "PRACTICE_CODE,PRACTICE_NAME,QUALITY_SERVICE,ACH_DATE,IND_CODE,MEASURE,VALUE"
    filing = filed(tmp_path, name, [header, "A81001,A,NCD2425,31/08/2024,PC01,Numerator,5"])
    assert (filing.period.label, filing.part) == ("2024-08", part)


@pytest.mark.parametrize(
    ("name", "part"),
    [("ACHIEVEMENT_2122.csv", ""), ("ACHIEVEMENT_NORTH_EAST_AND_YORKSHIRE_2122_v2.csv",
      "north_east_and_yorkshire")],
)  # fmt: skip
def test_achievement_comes_whole_or_by_region(tmp_path: Path, name: str, part: str) -> None:
    header = "PRACTICE_CODE,INDICATOR_CODE,MEASURE,VALUE"
    filing = filed(tmp_path, name, [header, "A81001,MH002,NUMERATOR,5"])
    assert (filing.period.label, filing.part) == ("2021/22", part)
    by = contracts()["qof_achievement"].parts_by
    assert by is not None
    assert part in ("", *by.expected)
    assert by.or_whole


@pytest.mark.parametrize("name", ["Happiness-Table 1.csv", "ons_subnational_2022_Happiness.csv"])
def test_the_year_of_a_survey_stands_above_its_header(tmp_path: Path, name: str) -> None:
    rows = [
        "Indicator:,Average happiness rating,(Back to data dictionary),,",
        "Date:,04/2020-03/2021,,,",
        ",,,,",
        "Area Code,Area,Mean happy yesterday scored 0 (not at all) - 10 (completely),Notes,",
        "E06000001,Hartlepool,7.39,,",
    ]
    filing = filed(tmp_path, name, rows)
    assert (filing.period.label, filing.part) == ("2020/21", "happiness")


@pytest.mark.parametrize("name", ["england_cls_loneliness_lsoa21.csv", "loneliness.csv"])
def test_the_year_of_a_model_is_not_that_of_its_areas(tmp_path: Path, name: str) -> None:
    rows = ["lsoa21_code,perc,deciles", "E01000001,5.1,3"]
    assert filed(tmp_path, name, rows).period.label == "2020"


# -- payments --------------------------------------------------------------------------------------

PAYMENTS_2023 = (
    "NHS England (Region) code,NHS England (Region) Name,Sub ICB Code,Sub ICB Name,PCN Code,"
    "PCN Name,Practice Code,Practice Name,Practice Postcode,Practice Open Date,"
    "Practice Close Date,Contract Type,Dispensing Practice,Practice type,Practice Rurality,"
    "Average Number of Registered Patients,Average Number of Weighted Patients,Global Sum,"
    "Total NHS Payments to General Practice,"
    '"Deductions for Pensions, Levies and Prescription Charge Income",Long Covid'
)
PAYMENTS_2017 = (
    '"NHS England (Region, local office) Code",CCG Code,Practice Code,Practice Postcode,'
    "Practice Open Date,Practice Close Date,Contract Type,Dispensing Practice,"
    "Quarter used for patient data,Number of Registered Patients (Last Known Figure),"
    "Number of Weighted Patients (Last Known Figure),Average payments per registered patient,"
    "Global Sum,Other Payments1,Total NHS Payments to General Practice"
)
PAYMENTS_2016 = (
    "NHSEnglandRegionLocalOfficeCode,CCGCode,PracticeCode,PracticeCloseDate,ContractType,"
    "DispensingPractice,QuarterUsedForPatientData,NumberofRegisteredPatientsLastKnownFigure,"
    "NumberofWeightedPatientsLastKnownFigure,AveragePaymentsPerRegisteredPatient_£,GlobalSum_£,"
    "AppraisalAppraiserCostsinRespectofLocums_£,TotalNHSPaymentsToGeneralPractice_£"
)
PAYMENTS_2015 = (
    PAYMENTS_2016.replace("LocalOfficeCode", "Code")
    .replace("of", "Of")
    .replace("AveragePaymentsPer", "AveragePaymentPer")
)


@pytest.mark.parametrize(
    ("year", "header", "layout", "encoding"),
    [
        ("23-24-prac", PAYMENTS_2023, "2024/25", "utf-8-sig"),
        ("17-18", PAYMENTS_2017, "2017/18", "utf-8"),
        ("16-17", PAYMENTS_2016, "2015/16 and 2016/17", "cp1252"),
        ("15-16", PAYMENTS_2015, "2015/16 and 2016/17", "cp1252"),
    ],
)
def test_payments_of_years_with_other_services_are_known(
    tmp_path: Path, year: str, header: str, layout: str, encoding: str
) -> None:
    name = f"nhspaymentsgp-{year}-csv.csv"

    match = recognised(tmp_path, name, [header], encoding)

    assert (match.contract.extract, match.layout.name) == ("payments_practices", layout)
    assert match.layout.encoding == ("cp1252" if encoding == "cp1252" else "utf-8")
    assert match.unknown == ()
    filing = file_under(match.contract, match, name, Declaration(), lambda columns: [])
    assert filing.period.label == f"20{year[:2]}/{year[3:5]}"


def test_a_file_is_of_the_layout_that_lacks_fewest_of_its_columns() -> None:
    """Services that are not paid are left out of a file; no layout has to be there whole."""
    described = contracts()["payments_practices"]
    for layout in described.layouts:
        header = tuple(column.spelt for column in layout.columns)
        [match] = recognise("p.csv", [Sheet(None, (header,))], contracts()).matches
        assert match.layout.name == layout.name


# -- years of indicators ---------------------------------------------------------------------------

FINGERTIPS = (
    "Indicator ID,Indicator Name,Parent Code,Parent Name,Area Code,Area Name,Area Type,Sex,Age,"
    "Category Type,Category,Time period,Value,Lower CI 95.0 limit,Upper CI 95.0 limit,"
    "Lower CI 99.8 limit,Upper CI 99.8 limit,Count,Denominator,Value note,Recent Trend,"
    "Compared to England value or percentiles,Column not used,Time period Sortable,New data,"
    "Compared to goal"
)


@pytest.mark.parametrize("sortable", ["20230000", "20230100", "20230004"])
def test_quarters_and_months_of_an_indicator_are_of_its_year(tmp_path: Path, sortable: str) -> None:
    row = f"108,I,,,E92000001,England,England,Persons,All,,,x,1,,,,,,,,,,,{sortable},,"
    filing = filed(tmp_path, "fingertips_108.csv", [FINGERTIPS, row])
    assert (filing.period.label, filing.part) == ("2023", "108")
