"""Every real published file that a contract covers is taken in as it is, with all its rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from conftest import REAL_EXTRACTS
from desk import Desk

from assets.extracts.contract_model.contract import Contract
from assets.extracts.holding.editions import Edition, PartRecord
from assets.extracts.judging.drift import latest_changes
from assets.home import Home

pytestmark = pytest.mark.skipif(
    not (REAL_EXTRACTS / "landing.yml").exists(),
    reason="../shared/extracts (real published files) is not there",
)


@dataclass(frozen=True)
class Real:
    """A published file, and what must come of it."""

    name: str
    extract: str
    layout: str
    period: str
    rows: int
    quarantined: int = 0


# Rows as in the README beside the files, with three corrections: files without a header have one
# row more (the README takes their first row for one), and the ONS sheets five fewer (it counts
# the lines above their header).
FILES = (
    Real(
        "community/england_cls_loneliness_lsoa21.csv",
        "cls_loneliness_lsoa", "loneliness", "2020", 33_755,
    ),
    *(
        Real(
            f"community/ons_subnational_2022_{measure}.csv",
            "ons_wellbeing", "subnational indicators", "2020/21", 382,
        )
        for measure in ("Anxiety", "Happiness", "Life_satisfaction", "Worthwhile")
    ),
    Real(
        "fingertips/fingertips_247_dementia_qof.csv",
        "fingertips_indicators", "Fingertips long", "2022", 224,
    ),
    Real(
        "fingertips/fingertips_91547_smoking_qof.csv",
        "fingertips_indicators", "Fingertips long", "2022", 17_627, quarantined=6_267,
    ),
    Real(
        "fingertips/fingertips_social-isolation_CountyUA.csv",
        "fingertips_indicators", "Fingertips long", "2018", 4_536,
    ),
    Real(
        "gp-appointments/APPOINTMENTS_GP_COVERAGE_2021-08_2023-01.csv",
        "gpad_coverage", "coverage", "2023-01", 3_180,
    ),
    Real(
        "gp-list-size/gp-reg-pat-prac-all_2021-01.csv",
        "reg_list_sizes", "practice totals", "2021-01", 6_658,
    ),
    Real(
        "gp-list-size/gp-reg-pat-prac-map_2022-01.csv",
        "reg_practice_map", "practice map", "2022-01", 6_527,
    ),
    Real(
        "gp-list-size/gp-reg-pat-prac-quin-age_2017-09_openprescribing-fixture.csv",
        "reg_quinary_age", "quinary age", "2017-09", 172,
    ),
    Real(
        "gp-list-size/sussex_practice_quinary_age_sex_2022-07.csv",
        "reg_quinary_age", "derived, with networks", "2022-07", 6_960, quarantined=40,
    ),
    *(
        Real(
            f"gp-payments/nhspaymentsgp_{name}.csv",
            "payments_practices", f"20{name.replace('-', '/')}", f"20{name.replace('-', '/')}",
            rows,
        )
        for name, rows in (
            ("18-19", 7_279), ("20-21", 6_808), ("21-22", 6_758),
            ("22-23", 6_669), ("24-25", 6_375),
        )
    ),
    Real(
        "gpps/GPPS_2025_ICS_data_weighted_RECONSTRUCTED_first25of42.csv",
        "gpps_ics", "2024 onward", "2025", 25,
    ),
    Real(
        "gpps/GPPS_2025_National_data_weighted_RECONSTRUCTED_full.csv",
        "gpps_national", "2024 onward", "2025", 1,
    ),
    Real(
        "gpps/GPPS_2025_Practice_data_weighted_RECONSTRUCTED_first25of6215.csv",
        "gpps_practice", "2024 onward", "2025", 25,
    ),
    Real(
        "imd/fingertips_93553_IMD2019_by_practice.csv",
        "fingertips_practice_deprivation", "Fingertips long", "2019", 6_547,
    ),
    Real(
        "imd/fingertips_94240_IMD2025_by_practice.csv",
        "fingertips_practice_deprivation", "Fingertips long", "2025", 6_143,
    ),
    Real(
        "ncd-des/ncdes_synthetic_data_2024-05.csv",
        "ncdes_counts", "raw submission", "2025-03", 302,
    ),
    Real(
        "ncd-des/ncdes_synthetic_data_2025-05.csv",
        "ncdes_counts", "raw submission", "2024-09", 15,
    ),
    Real(
        "ods-reference/CCG_to_STP_to_NHSER_2021-04.csv",
        "ons_sub_icb_lookup", "CCG, STP, region", "2021-04", 106,
    ),
    Real(
        "ods-reference/GPAD_Mapping_2025-08.csv",
        "gpad_mapping", "Mapping", "2025-08", 6_196,
    ),
    Real(
        "ods-reference/Sub_ICB_to_ICB_to_NHSER_2022-07.csv",
        "ons_sub_icb_lookup", "sub-ICB location, board, region", "2022-07", 106,
    ),
    Real(
        "ods-reference/ePCN_2022-05.xlsx",
        "ods_pcn_memberships", "PCN Core Partner Details", "2022-05", 7_359,
    ),
    Real("ods-reference/ePCN_2022-05.xlsx", "ods_pcns", "PCNDetails", "2022-05", 1_318),
    Real(
        "ods-reference/ePCN_2024-10.xlsx",
        "ods_pcn_memberships", "PCN Core Partner Details", "2024-10", 7_705,
    ),
    Real("ods-reference/ePCN_2024-10.xlsx", "ods_pcns", "PCNDetails", "2024-10", 1_366),
    Real(
        "ods-reference/epcmem_2019-10.csv",
        "ods_commissioner_memberships", "6 columns without header", "2019-10", 47_822,
    ),
    Real(
        "ods-reference/epraccur_2021-11.csv",
        "ods_practices", "27 columns without header", "2021-11", 14_963,
    ),
    Real(
        "ods-reference/epraccur_2023-12.csv",
        "ods_practices", "27 columns without header", "2023-12", 15_971,
    ),
    *(
        Real(
            f"pcn-workforce/PCN_individual_level_{month}.csv",
            "pcnwf_staff", "individual level", month, rows,
        )
        for month, rows in (
            ("2020-12", 5_007), ("2021-03", 7_371), ("2021-06", 9_249),
            ("2021-12", 12_467), ("2022-03", 14_073), ("2022-09", 17_239),
        )
    ),
    Real(
        "qof/MAPPING_INDICATORS_2021_v2.csv",
        "qof_indicator_map", "indicators", "2020/21", 68,
    ),
    Real(
        "qof/MAPPING_NHS_GEOGRAPHIES_2021.csv",
        "qof_geography_map", "practice geography", "2020/21", 6_571,
    ),
    Real(
        "qof/PRACTICE_VALIDATION_OUTCOMES_2021.csv",
        "qof_validation_outcomes", "validation outcomes", "2020/21", 209,
    ),
    Real("qof/PREVALENCE_2021_v2.csv", "qof_prevalence", "prevalence", "2020/21", 137_991),
)  # fmt: skip


@dataclass(frozen=True)
class Intaken:
    """What the desk made of the real landing zone: extracts by file, and editions by extract."""

    desk: Desk
    recognised: dict[str, tuple[str, ...]]
    editions: dict[str, list[Edition]]

    def of(self, real: Real) -> tuple[Edition, PartRecord]:
        """The edition that a file went into, and the record of the file itself."""
        found = [
            (edition, part)
            for edition in self.editions[real.extract]
            for part in edition.parts
            if part.file_name == real.name
        ]
        assert len(found) == 1, f"{real.name} is in {len(found)} editions of {real.extract}"
        return found[0]


@pytest.fixture(scope="module")
def intaken(
    tmp_path_factory: pytest.TempPathFactory, contracts: dict[str, Contract]
) -> Iterator[Intaken]:
    """The landing zone as it is, taken in once, directories first."""
    place = tmp_path_factory.mktemp("published")
    desk = Desk(REAL_EXTRACTS, Home(place), contracts)
    recognised = {name: arrival.extracts for name, arrival in desk.receive().items()}
    wanted = {real.extract for real in FILES}
    editions = desk.take_in(*(extract for extract in contracts if extract in wanted))
    yield Intaken(desk, recognised, editions)
    desk.close()


@pytest.fixture(params=FILES, ids=lambda real: f"{real.name}:{real.extract}")
def real(request: pytest.FixtureRequest) -> Real:
    """One real file; skipped by name where it is missing."""
    found: Real = request.param
    if not (REAL_EXTRACTS / found.name).exists():
        pytest.skip(f"../shared/extracts/{found.name} is not there")
    return found


def test_a_real_file_is_recognised_as_its_extract_and_no_other(
    real: Real, intaken: Intaken
) -> None:
    expected = {held.extract for held in FILES if held.name == real.name}
    assert set(intaken.recognised[real.name]) == expected


def test_a_real_file_is_accepted_with_every_row_accounted_for(real: Real, intaken: Intaken) -> None:
    edition, part = intaken.of(real)
    assert edition.verdict == "accepted", edition.reason
    assert part.rows_in_file == real.rows
    assert part.rows_loaded == real.rows - real.quarantined
    assert part.rows_quarantined == real.quarantined


def test_a_real_file_fits_a_layout_with_nothing_new_in_it(real: Real, intaken: Intaken) -> None:
    edition, part = intaken.of(real)
    assert part.layout == real.layout
    assert "new column" not in edition.reason


def test_a_real_file_is_filed_under_its_period(real: Real, intaken: Intaken) -> None:
    edition, _ = intaken.of(real)
    assert edition.period == real.period


def rows_of(intaken: Intaken, query: str) -> list[tuple[object, ...]]:
    return intaken.desk.connection.execute(query).fetchall()


def test_rows_without_an_indicator_are_the_only_ones_of_fingertips_set_aside(
    intaken: Intaken,
) -> None:
    [edition] = {
        edition.edition_id: edition
        for edition in intaken.editions["fingertips_indicators"]
        if edition.rows_quarantined
    }.values()
    problems = intaken.desk.quarantine(edition)
    assert {(code, column) for _, code, column, _ in problems} == {("blank", "Indicator ID")}
    assert min(number for number, *_ in problems) == 11_361


def test_the_files_of_one_release_make_one_edition(intaken: Intaken) -> None:
    [edition] = intaken.editions["ons_wellbeing"]
    assert len(edition.parts) == 4
    measures = rows_of(
        intaken,
        "select measure, count(*), count(mean_rating) from raw.ons_wellbeing "
        "group by all order by all",
    )
    assert [(measure, rows) for measure, rows, _ in measures] == [
        ("anxietyyesterday", 382),
        ("feelingthingsdoneinlifeareworthwhile", 382),
        ("happinessyesterday", 382),
        ("satisfactionwithyourlifenowadays", 382),
    ]
    # Few answers: "na" is no rating, and never a number.
    assert all(rated < 382 for _, _, rated in measures)


def test_the_five_header_generations_of_payments_end_in_the_same_columns(intaken: Intaken) -> None:
    # Abbey Medical Centre in Barking, as printed in the file of 2020/21.
    [row] = rows_of(
        intaken,
        "select sub_icb_code, pcn_code, open_date, registered_patients, pcn_support, "
        "total_payments_with_networks from raw.payments_practices "
        "where practice_code = 'F82625' and edition_period = '2020/21'",
    )
    assert row == ("07L", "U26744", "01/04/1999", "7018", "30444.4", "1140561.8")
    years = rows_of(
        intaken,
        "select edition_period, count(global_sum), count(practice_code) "
        "from raw.payments_practices group by all order by all",
    )
    assert all(with_sum == practices for _, with_sum, practices in years)
    assert len(years) == 5


def test_the_word_for_no_network_is_no_network(intaken: Intaken) -> None:
    # 234 practices without a network in 2020/21, counted in the file.
    [(without,)] = rows_of(
        intaken,
        "select count(*) from raw.payments_practices "
        "where pcn_code is null and edition_period = '2020/21'",
    )
    assert without == 234


def test_a_corrupt_date_is_kept_as_it_came(intaken: Intaken) -> None:
    assert rows_of(
        intaken,
        "select distinct extract_date_as_published, extract_date from raw.reg_quinary_age "
        "where edition_period = '2022-07'",
    ) == [("1st -Ju l-22", None)]


def test_a_prescribing_setting_that_came_between_two_directories_is_told(
    intaken: Intaken,
) -> None:
    """Setting 26 has 522 rows in December 2023 and none in November 2021."""
    contract = intaken.desk.contracts["ods_practices"]
    [(before, after, changes)] = latest_changes(contract, intaken.desk.editions)
    assert (before.period, after.period) == ("2021-11", "2023-12")
    [settings] = [change for change in changes if change.column == "prescribing_setting"]
    assert "26" in settings.after.split(", ")
