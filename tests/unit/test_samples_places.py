"""The made-up geography at any size: codes, list sizes, events, and the boards of April 2026."""

import csv
import dataclasses
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from sample_files import digests, number, read

from assets.samples.country.places import Places, Practice, invent
from assets.samples.landing import write_landing
from assets.samples.months import first_of, last_of, later
from assets.samples.periods import Periods, few_periods, many_periods
from assets.samples.published.directories import write_directories
from assets.samples.published.registers import write_registers

SEED = 20240401
LAST_MARCH, FIRST_APRIL = "20260331", "20260401"


@pytest.fixture(scope="module")
def england() -> Places:
    return invent(6300, SEED, "2026-06")


@pytest.fixture(scope="module")
def eight_boards() -> Places:
    return invent(1200, SEED, "2026-06")


@pytest.mark.parametrize("practices", [5, 19, 20, 60, 250, 251, 601, 1200, 6300, 7000])
def test_any_size_has_unique_valid_codes_and_names(practices: int) -> None:
    places = invent(practices, seed=3)
    assert len({p.code for p in places.practices}) == practices
    assert len({p.name for p in places.practices}) == practices
    assert all(re.fullmatch(r"[A-HJ-NPV-Y]\d{5}", p.code) for p in places.practices)
    codes = [network.code for network in places.networks]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"U\d{5}", code) and code != "U99999" for code in codes)
    parents = [*places.areas.before, *places.areas.after]
    assert all(re.fullmatch(r"\d{2}[A-Z]|[A-Z0-9]{5}", p.sub_icb.code) for p in parents)
    assert all(re.fullmatch(r"Q[A-Z0-9]{2}", p.board.code) for p in places.areas.before)
    for level in ("sub_icb", "board", "region"):
        areas = {getattr(held, level) for held in places.areas.before}
        assert len({area.code for area in areas}) == len(areas)
        assert len({area.ons_code for area in areas}) == len(areas)
        assert len({area.name for area in areas}) == len(areas)


@pytest.mark.parametrize("practices", [4, 7001])
def test_sizes_the_code_space_cannot_hold_are_refused(tmp_path: Path, practices: int) -> None:
    with pytest.raises(ValueError, match=f"practices must be 5 to 7000, not {practices}"):
        write_landing(tmp_path, practices=practices)


@pytest.mark.parametrize("until", ["2025-08", "2026", "2026-13", "June"])
def test_a_last_month_that_is_none_or_too_early_is_refused(tmp_path: Path, until: str) -> None:
    with pytest.raises(ValueError, match="until must be a month from 2025-09 on"):
        write_landing(tmp_path, until=until)


def test_england_has_as_many_of_everything_as_england(england: Places) -> None:
    assert len(england.practices) == 6300
    assert 1280 <= sum(not network.closed for network in england.networks) <= 1300
    assert len(england.areas.before) == len(england.areas.after) == 106
    assert len(england.areas.boards_on(LAST_MARCH)) == 42
    assert len(england.areas.boards_on(FIRST_APRIL)) == 36
    assert len(england.areas.regions()) == 7
    listed = sum(p.list_sizes.get("2025-09", 0) for p in england.practices)
    assert 55_000_000 < listed < 66_000_000


@pytest.mark.parametrize("practices", [5, 60, 250])
def test_up_to_250_practices_are_one_board_with_two_locations(practices: int) -> None:
    places = invent(practices, SEED)
    assert [held.sub_icb.code for held in places.areas.before] == ["99Y", "99Z"]
    assert {held.board.code for held in places.areas.before} == {"QZZ"}


def test_one_network_is_the_smallest_country() -> None:
    places = invent(5, SEED)
    assert len([network for network in places.networks if not network.closed]) == 1
    assert {p.network_on("20250901") for p in places.practices} == {places.networks[0]}


def test_every_practice_lies_in_the_board_of_its_network(england: Places) -> None:
    above = england.parents_on("20250901")
    for practice in england.practices:
        network = practice.network_on("20230101")
        if network:
            assert above[practice.sub_icb.code].board == above[network.lead.code].board


def test_list_sizes_are_skewed_and_deprivation_differs(england: Places) -> None:
    sizes = [p.list_sizes["2025-09"] for p in england.practices if "2025-09" in p.list_sizes]
    assert np.mean(sizes) > 1.05 * np.median(sizes)
    logs = np.log(sizes)
    assert abs(np.mean((logs - logs.mean()) ** 3) / logs.std() ** 3) < 1
    scores = [p.deprivation for p in england.practices]
    assert min(scores) < 8
    assert max(scores) > 50


def test_boards_and_regions_differ_as_those_of_england_do(england: Places) -> None:
    above = england.parents_on("20250901")

    def spread(level: str) -> float:
        scores: dict[str, list[float]] = {}
        for practice in england.practices:
            area = getattr(above[practice.sub_icb.code], level)
            scores.setdefault(area.code, []).append(practice.deprivation)
        return float(np.std([np.mean(found) for found in scores.values()], ddof=1))

    # Of the real ones 6.1 and 5.6, of all practices 11.6.
    assert 4.5 < spread("board") < 7.5
    assert 3.0 < spread("region") < 7.5
    assert 10 < np.std([p.deprivation for p in england.practices]) < 13.5


def test_a_later_end_changes_nothing_before(england: Places) -> None:
    earlier = invent(6300, SEED)
    for ours, theirs in zip(england.practices, earlier.practices, strict=True):
        assert {m: n for m, n in ours.list_sizes.items() if m <= "2025-09"} == theirs.list_sizes
        bare = dataclasses.replace(ours, list_sizes={})
        assert bare == dataclasses.replace(theirs, list_sizes={})


def test_list_sizes_run_smoothly_but_for_mergers_and_openings(eight_boards: Places) -> None:
    eventful = {n for e in eight_boards.events for n in (e.closes, e.opens)}
    jumps = 0
    for position, practice in enumerate(eight_boards.practices):
        months = list(practice.list_sizes)
        sizes = np.array([practice.list_sizes[month] for month in months], dtype=float)
        steps = np.abs(np.diff(sizes) / sizes[:-1])
        if position not in eventful:
            jumps += int((steps > 0.08).sum())
        assert np.median(steps) < 0.02
        if months and position not in eventful:
            assert (months[0], months[-1]) == ("2018-01", "2026-06")
    # One heir per board.
    assert 1 <= jumps <= len(eight_boards.events)


# --- one of each event per board -------------------------------------------------------------


def happens_to(places: Places, kind: str) -> list[Practice]:
    found = [places.practices[getattr(event, kind)] for event in places.events]
    assert len(found) == len(places.areas.boards_on(LAST_MARCH))
    return found


def test_in_each_board_one_practice_closes_and_a_neighbour_takes_its_patients(
    eight_boards: Places,
) -> None:
    for practice, event in zip(
        happens_to(eight_boards, "closes"), eight_boards.events, strict=True
    ):
        assert practice.closed == last_of(event.closed_after)
        assert max(practice.list_sizes) == event.closed_after
        last = practice.list_sizes[event.closed_after]
        after = later(event.closed_after, 1)
        network = practice.network_on(practice.closed)
        grown = [
            p
            for p in eight_boards.practices
            if network in {held.network for held in p.memberships}
            and p.list_sizes.get(after, 0) - p.list_sizes.get(event.closed_after, 0) > 0.8 * last
        ]
        assert len(grown) == 1
        assert not practice.open_on(first_of(after))


def test_in_each_board_one_practice_opens(eight_boards: Places) -> None:
    for practice, event in zip(happens_to(eight_boards, "opens"), eight_boards.events, strict=True):
        assert practice.opened == first_of(event.opened)
        assert min(practice.list_sizes) == event.opened
        first = practice.list_sizes[event.opened]
        assert practice.list_sizes[later(event.opened, 12)] > 2 * first


def test_in_each_board_one_practice_changes_network_the_next_day(eight_boards: Places) -> None:
    for practice, event in zip(happens_to(eight_boards, "moves"), eight_boards.events, strict=True):
        before = practice.network_on(last_of(event.moved_after))
        after = practice.network_on(first_of(later(event.moved_after, 1)))
        assert before
        assert after
        assert before != after


def test_in_each_board_one_practice_has_no_network_and_one_lies_across(
    eight_boards: Places,
) -> None:
    for practice in happens_to(eight_boards, "unallocated"):
        assert practice.memberships == ()
    for practice in happens_to(eight_boards, "cross_border"):
        network = practice.network_on("20250901")
        assert network
        assert network.lead != practice.sub_icb


def test_in_each_board_one_practice_is_small_and_one_has_two_suppliers(
    eight_boards: Places, tmp_path: Path
) -> None:
    for practice in happens_to(eight_boards, "small"):
        assert practice.list_sizes["2025-09"] <= 1000
    write_directories(tmp_path, eight_boards, few_periods())
    rows = read(tmp_path / "ods-reference" / "GPAD_Mapping_2025-09.csv")
    twice = {code for code, count in Counter(r["GP_CODE"] for r in rows).items() if count == 2}
    assert twice == {p.code for p in happens_to(eight_boards, "two_suppliers")}


# --- April 2026 ------------------------------------------------------------------------------


def test_a_single_board_gets_a_new_code() -> None:
    (after,) = invent(60, SEED).areas.boards_on(FIRST_APRIL)
    assert re.fullmatch(r"[A-Z]\d[A-Z]\d[A-Z]", after.board.code)


def test_a_middling_country_has_two_boards_of_which_one_is_split() -> None:
    areas = invent(300, SEED).areas
    assert len({held.board.code for held in areas.before}) == 2
    pairs = {(o.board.code, n.board.code) for o, n in zip(areas.before, areas.after, strict=True)}
    assert max(Counter(old for old, _ in pairs).values()) == 2


def test_in_england_one_board_is_split_in_three_and_one_of_its_heirs_keeps_its_code(
    england: Places,
) -> None:
    moved = list(zip(england.areas.before, england.areas.after, strict=True))
    heirs: dict[str, set[str]] = {}
    for old, new in moved:
        heirs.setdefault(old.board.code, set()).add(new.board.code)
    assert sorted(len(codes) for codes in heirs.values())[-2:] == [1, 3]
    enlarged = {
        new.board.code
        for old, new in moved
        if old.board.code == new.board.code and old.board.ons_code != new.board.ons_code
    }
    [survivor] = enlarged
    assert any(old.board.code != survivor == new.board.code for old, new in moved)
    ons_codes = {new.board.ons_code for _, new in moved}
    assert len(ons_codes) == len({new.board.code for _, new in moved}) == 36


@pytest.mark.parametrize("practices", [601, 1200])
def test_boards_merge_and_one_is_split_between_two(practices: int) -> None:
    areas = invent(practices, SEED).areas
    pairs = {
        (old.board.code, new.board.code) for old, new in zip(areas.before, areas.after, strict=True)
    }
    successors = Counter(old for old, _ in pairs)
    assert sorted(successors.values())[-2:] == [1, 2]
    predecessors = Counter(new for _, new in pairs)
    assert max(predecessors.values()) == 2
    for old, new in pairs:
        assert old == new or re.fullmatch(r"[A-Z]\d[A-Z]\d[A-Z]", new)
    for old, new in zip(areas.before, areas.after, strict=True):
        assert (old.sub_icb.code, old.sub_icb.ons_code) == (new.sub_icb.code, new.sub_icb.ons_code)
        assert old.region == new.region


@pytest.fixture(scope="module")
def until_june(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("june")
    write_landing(folder, until="2026-06")
    return folder


def test_later_editions_follow_and_the_earlier_ones_stay(until_june: Path, tmp_path: Path) -> None:
    write_landing(tmp_path)
    ours, theirs = digests(tmp_path), digests(until_june)
    changed = {name for name in ours if theirs.get(name) != ours[name]}
    assert changed == {"landing.yml"}
    added = set(theirs) - set(ours)
    for month in ("2025-10", "2026-03", "2026-04", "2026-06"):
        for kind in ("all", "map"):
            assert f"gp-list-size/gp-reg-pat-prac-{kind}_{month}.csv" in added


def test_a_month_later_years_of_editions_have_new_ones_and_none_is_revised(tmp_path: Path) -> None:
    for until in ("2025-09", "2025-10"):
        write_landing(tmp_path / until, practices=5, until=until, periods=many_periods(until))
    before, after = digests(tmp_path / "2025-09"), digests(tmp_path / "2025-10")
    changed = {name for name in before.keys() & after.keys() if before[name] != after[name]}
    assert changed == {"landing.yml"}
    # Appointments come a month after the others.
    later = {name for name in after.keys() - before.keys() if "2025-10" not in name}
    assert later == {
        "gp-appointments/APPOINTMENTS_GP_COVERAGE_2025-09.csv",
        "gp-appointments/Practice_Level_Crosstab_Sep_25.csv",
    }


def test_boards_carry_their_new_codes_from_april_2026(until_june: Path) -> None:
    def boards(month: str) -> set[str]:
        path = until_june / "gp-list-size" / f"gp-reg-pat-prac-map_{month}.csv"
        return {row["ICB_CODE"] for row in read(path)}

    assert boards("2026-03") == {"QZZ"}
    assert boards("2026-04") == boards("2026-06") == {"Z9Z0Z"}
    lookup = read(until_june / "ods-reference" / "Sub_ICB_to_ICB_to_NHSER_2026-04.csv")
    assert {row["ICB26CDH"] for row in lookup} == {"Z9Z0Z"}
    with (until_june / "ods-reference" / "epraccur_2026-06.csv").open(newline="") as stream:
        practices = [row for row in csv.reader(stream) if row[2] == "Y99"]
    assert {row[3] for row in practices} == {"Z9Z0Z"}


# --- written at size -------------------------------------------------------------------------


def test_england_writes_its_directory_and_list_sizes(england: Places, tmp_path: Path) -> None:
    periods = few_periods()
    write_directories(tmp_path, england, periods)
    write_registers(tmp_path, england, periods)
    lists = read(tmp_path / "gp-list-size" / "gp-reg-pat-prac-all_2025-09.csv")
    mapped = read(tmp_path / "gp-list-size" / "gp-reg-pat-prac-map_2025-09.csv")
    assert 6200 < len(lists) <= 6300
    assert [r["CODE"] for r in lists] == [r["PRACTICE_CODE"] for r in mapped]
    assert len({r["ICB_CODE"] for r in mapped}) == 42
    assert len({r["SUB_ICB_LOCATION_CODE"] for r in mapped}) == 106
    assert {r["SUB_ICB_LOCATION_CODE"] for r in lists} == {
        r["SUB_ICB_LOCATION_CODE"] for r in mapped
    }
    assert sum(r["PCN_CODE"] == "U" for r in mapped) == 42
    assert sum(number(r, "NUMBER_OF_PATIENTS") for r in lists) == sum(
        p.list_sizes.get("2025-09", 0) for p in england.practices
    )


def test_one_network_writes_everything(tmp_path: Path) -> None:
    paths = write_landing(tmp_path / "once", practices=5)
    again = write_landing(tmp_path / "again", practices=5)
    assert len(paths) == len(again)
    assert digests(tmp_path / "once") == digests(tmp_path / "again")
    lists = read(tmp_path / "once" / "gp-list-size" / "gp-reg-pat-prac-all_2025-09.csv")
    assert len(lists) == 5


def test_several_boards_write_everything_that_comes_by_area(tmp_path: Path) -> None:
    write_landing(tmp_path, practices=601, periods=short())
    boards = {f"Q9{letter}" for letter in "BCD"} | {"QZZ"}
    systems = read(tmp_path / "gpps" / "GPPS_2025_ICS_data_(weighted)_(csv)_PUBLIC.csv")
    assert {row["ad_icscode"] for row in systems} == boards
    budgets = read(tmp_path / "phb" / "phb_counts_2024-25_q4.csv")
    assert {row["org_code"] for row in budgets} == boards
    ages = read(tmp_path / "gp-list-size" / "gp-reg-pat-prac-quin-age_2025-09.csv")
    assert {row["ORG_CODE"] for row in ages if row["ORG_TYPE"] == "ICB"} == boards


def short() -> Periods:
    """Hardly any editions: what the test asks for."""
    return dataclasses.replace(
        few_periods(),
        survey_years=(2025,),
        older_survey_years=(),
        network_service_months=("2025-03",),
        appointment_months=(),
        directory_months=("2025-09",),
        workforce_months=(),
        community_months=("2025-09",),
    )


def test_years_of_editions_are_as_many_as_a_national_team_holds() -> None:
    periods = many_periods()
    assert len(periods.list_months) == len(periods.age_months) == 60
    assert periods.list_months[-1] == "2025-09"
    assert len(periods.network_service_months) == 36
    assert periods.network_service_months[-1] == "2025-03"
    assert len(periods.appointment_months) == 12
    assert len(periods.workforce_months) == 24
    assert len(periods.community_months) == 36
    assert len(periods.local_count_months) == 12
    assert len(periods.quality_years) == 5
    assert len(many_periods("2026-12").survey_years) == 3
