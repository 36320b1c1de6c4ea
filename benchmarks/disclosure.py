"""How long disclosure control takes, and its proof alone, for a board and for England.

Speed is measured, not tested: the exit code tells only whether what was hidden was proven.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import statistics
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

import numpy as np
import polars as pl
import typer
from scipy import sparse

from assets.release.disclosure.before import Before
from assets.release.disclosure.control import control
from assets.release.disclosure.profile import STD
from assets.release.disclosure.proof import prove
from assets.release.disclosure.released import HIDDEN

_SEED = 20261126
_MONTHS = 27
# Targets of issue 5, in seconds on two cores.
_TARGETS = {"board": 30.0, "england": 300.0}
_NIGHT_TARGET = 20.0


class Size(StrEnum):
    """What is published: one board of about 250 practices, or all of England."""

    BOARD = "board"
    ENGLAND = "england"

    @property
    def is_tied(self) -> bool:
        """Whether a proportion and a cumulative series are among the indicators."""
        return self is Size.BOARD


@dataclass(frozen=True)
class Country:
    """Areas above the practices, and which practices are in them.

    ``areas`` are codes with the level, practices first; ``sums`` has a row per area and a column
    per practice; ``relations`` are rows ``relation, area, weight``.
    """

    areas: list[str]
    sums: Any
    relations: list[tuple[str, int, int]]


class BenchmarkError(RuntimeError):
    """What was timed did not end in a proof."""


def made_up_country(size: Size, random: np.random.Generator) -> Country:
    """Practices in networks and boards, on two bases that differ for three practices in 100."""
    practices, networks, sub_icbs, boards, regions = {
        Size.BOARD: (250, 50, 5, 1, 1),
        Size.ENGLAND: (6_300, 1_290, 106, 42, 7),
    }[size]
    areas = [f"practice {n:04}" for n in range(practices)]
    relations: list[tuple[str, int, int]] = []

    practices_in = [[n] for n in range(practices)]

    def add(name: str, members: list[int]) -> int:
        areas.append(name)
        practices_in.append([n for member in members for n in practices_in[member]])
        relations.append((name, len(areas) - 1, -1))
        relations.extend((name, member, 1) for member in members)
        return len(areas) - 1

    england = -1
    network_of = np.sort(random.integers(0, networks, practices))
    network_of[:networks] = np.arange(networks)
    for basis in ("was", "is"):
        if basis == "is":
            moved = random.random(practices) < 0.03
            near = np.clip(network_of + random.choice([-1, 1], practices), 0, networks - 1)
            network_of = np.where(moved, near, network_of)
        sub_icb_of = network_of * sub_icbs // networks
        board_of = np.arange(sub_icbs) * boards // sub_icbs
        if basis == "is" and size is Size.ENGLAND:  # neighbouring boards merged
            board_of = np.where(board_of % 7 == 6, board_of - 1, board_of)
        region_of = np.arange(boards) * regions // boards

        def level(kind: str, of: Any, children: list[int], basis: str = basis) -> dict[int, int]:
            return {
                int(n): add(
                    f"{kind} {n:04} as {basis}", [children[m] for m in np.flatnonzero(of == n)]
                )
                for n in np.unique(of)
            }

        everyone = list(range(practices))
        level("network", network_of, everyone)
        at_sub_icb = level("sub-icb", sub_icb_of, everyone)
        subs = list(at_sub_icb.values())
        at_board = level("board", board_of[list(at_sub_icb)], subs)
        at_region = level("region", region_of[list(at_board)], list(at_board.values()))
        if england < 0:
            england = add("england", list(at_region.values()))
        else:
            relations.append(("england as is", england, -1))
            relations.extend(("england as is", member, 1) for member in at_region.values())
    lengths = [len(members) for members in practices_in]
    places = (np.repeat(np.arange(len(areas)), lengths), np.concatenate(practices_in))
    sums = sparse.csr_array(
        (np.ones(sum(lengths), dtype=np.int64), places), shape=(len(areas), practices)
    )
    return Country(areas, sums, relations)


def made_up_counts(
    country: Country, random: np.random.Generator, *, is_tied: bool, months: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Cells and relations of four indicators over the months of a release and the next one.

    Tied: two counts, a proportion (people, numerator, complement) and a cumulative series with
    its flows, which are seven cells an area. Otherwise four counts.
    """
    practices = country.sums.shape[1]
    list_sizes = random.lognormal(9.0, 0.45, practices)
    cells: list[pl.DataFrame] = []
    relations: list[pl.DataFrame] = []
    areas = pl.Series("area", country.areas)
    geography = pl.DataFrame(
        country.relations, schema=["relation", "place", "weight"], orient="row"
    ).with_columns(area=areas.gather(pl.Series([place for _, place, _ in country.relations])))

    def publish(measure: str, month: int, counts: Any, *, is_flow: bool = False) -> None:
        prefix = f"{measure} {month:02} "
        cells.append(
            pl.DataFrame({"cell_id": prefix + areas, "count": country.sums @ counts}).with_columns(
                is_exact=areas == "england",
                is_flow=pl.lit(is_flow),
            )
        )
        relations.append(
            geography.select(
                relation_id=prefix + pl.col("relation"),
                cell_id=prefix + pl.col("area"),
                weight=pl.col("weight"),
            )
        )

    def relate(name: str, total: str, members: list[str]) -> None:
        relations.extend(
            pl.DataFrame({"area": areas}).select(
                relation_id=name + pl.col("area"),
                cell_id=cell + " " + pl.col("area"),
                weight=pl.lit(weight, dtype=pl.Int64),
            )
            for cell, weight in [(total, -1), *((member, 1) for member in members)]
        )

    running = np.zeros(practices, dtype=np.int64)
    for month in range(months + 1):
        publish("rare", month, random.poisson(list_sizes * 0.0008))
        publish("common", month, random.poisson(list_sizes * 0.005))
        if not is_tied:
            publish("uncommon", month, random.poisson(list_sizes * 0.002))
            publish("frequent", month, random.poisson(list_sizes * 0.01))
            continue
        people = random.poisson(list_sizes * 0.004)
        numerator = random.binomial(people, 0.8)
        publish("people", month, people)
        publish("agreed", month, numerator)
        publish("not agreed", month, people - numerator)
        whole = [f"{kind} {month:02}" for kind in ("people", "agreed", "not agreed")]
        relate(f"proportion {month:02} ", whole[0], whole[1:])
        flow = random.poisson(list_sizes * 0.002)
        publish("flow", month, flow, is_flow=True)
        is_first = month % 12 == 0
        running = flow if is_first else running + flow
        publish("cumulative", month, running)
        before = [] if is_first else [f"cumulative {month - 1:02}"]
        relate(f"series {month:02} ", f"cumulative {month:02}", [*before, f"flow {month:02}"])
    return pl.concat(cells), pl.concat(relations)


def measure(size: Size, repeat: int, months: int) -> dict[str, Any]:
    """Time control and proof, and a night on which only the newest month is new.

    Raises:
        BenchmarkError: when something that was hidden can be worked out.
    """
    random = np.random.default_rng(_SEED)
    cells, relations = made_up_counts(
        made_up_country(size, random), random, is_tied=size.is_tied, months=months
    )
    is_new = pl.col("cell_id").str.contains(f"^[a-z ]+ {months:02} ")
    relations_of_new = relations.filter(is_new)["relation_id"].implode()
    first_cells = cells.filter(~is_new)
    first_relations = relations.filter(~pl.col("relation_id").is_in(relations_of_new))
    runs: dict[str, list[float]] = {"control and proof": [], "proof alone": [], "next night": []}
    for number in range(1, repeat + 1):
        started = time.perf_counter()
        first = control(first_cells, first_relations, STD)
        runs["control and proof"].append(time.perf_counter() - started)
        typer.echo(
            f"control and proof {number} of {repeat}: {runs['control and proof'][-1]:.1f} s",
            err=True,
        )
        started = time.perf_counter()
        counts = first_cells.select("cell_id", "count")
        proof = prove(first.seen, first_relations, STD, fitting=counts)
        runs["proof alone"].append(time.perf_counter() - started)
        typer.echo(f"proof alone {number} of {repeat}: {runs['proof alone'][-1]:.1f} s", err=True)
        started = time.perf_counter()
        night = control(
            cells,
            relations,
            STD,
            before=Before(
                first.cells.filter(pl.col("state") == HIDDEN).select("cell_id", "rule"),
                first.proven,
            ),
        )
        runs["next night"].append(time.perf_counter() - started)
        typer.echo(f"next night {number} of {repeat}: {runs['next night'][-1]:.1f} s", err=True)
        for shown in (first.proof, proof, night.proof):
            if not shown.holds:
                raise BenchmarkError(shown.message)
    small = int((first_cells["count"].is_between(1, STD.most_hidden_count)).sum())
    all_hidden = int((first.cells["state"] == HIDDEN).sum())
    middle = {name: round(statistics.median(seconds), 1) for name, seconds in runs.items()}
    targets = dict.fromkeys(middle, _TARGETS[size]) | {"next night": _NIGHT_TARGET}
    return {
        "benchmark": "disclosure",
        "size": size.value,
        "months": months,
        "cells": first_cells.height,
        "relations": first_relations["relation_id"].n_unique(),
        "small": small,
        "hidden": all_hidden,
        "hidden_for_others_per_small": round((all_hidden - small) / small, 2),
        "rules": dict(first.cells["rule"].drop_nulls().value_counts().sort("rule").iter_rows()),
        "foreknown": first.proof.foreknown_cells,
        "rounds": first.rounds,
        "blocks": first.blocks,
        "blocks_of_next_night": night.blocks,
        "remembered": night.blocks_remembered,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "seconds": middle,
        "of_target": {name: round(middle[name] / targets[name], 2) for name in middle},
        "peak_mb": _peak_mb(resource.RUSAGE_SELF),
        "largest_part_peak_mb": _peak_mb(resource.RUSAGE_CHILDREN),
        "runs": runs,
    }


def _peak_mb(who: int) -> int:
    return round(resource.getrusage(who).ru_maxrss * 1024 / 1e6)


def main(
    size: Annotated[Size, typer.Option(help="How much is published.")] = Size.BOARD,
    repeat: Annotated[int, typer.Option(min=1, help="How often everything runs.")] = 3,
    months: Annotated[int, typer.Option(min=1, max=99, help="Months of the release.")] = _MONTHS,
) -> None:
    """Measure disclosure control on made-up counts; the last line is one JSON object."""
    try:
        found = measure(size, repeat, months)
    except BenchmarkError as error:
        typer.echo(f"the benchmark failed: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo(
        f"{found['cells']:,} cells, {found['relations']:,} relations, {found['small']:,} small, "
        f"{found['hidden']:,} hidden, {found['blocks']:,} blocks, {found['rounds']} rounds\n"
    )
    typer.echo(f"{'step':<20}{'seconds':>9}{'of target':>11}")
    for name, seconds in found["seconds"].items():
        typer.echo(f"{name:<20}{seconds:>9.1f}{found['of_target'][name]:>11.2f}")
    typer.echo(
        f"\npeak {found['peak_mb']:,} MB, and up to {found['largest_part_peak_mb']:,} MB in each "
        f"process for parts\n\n{json.dumps(found)}"
    )


if __name__ == "__main__":
    typer.run(main)
