"""What earlier releases showed of counts of people, for as long as they are kept.

Two releases that hide different counts can give both away, and so can a total before and after one
of its parts was revised. So what a release showed is kept with the true counts and with how they
hang together, outside the releases and private, and goes when the release goes.

A count that is the same today is one number with today's: both releases speak of it. One that was
revised, or is gone, is a number of its own, tied to those that stayed by the sums of its time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pyarrow.parquet

from assets.durable_files import copy_durably, sync
from assets.release.disclosure.cells import NUMBER
from assets.release.disclosure.profile import Profile
from assets.release.disclosure.relation_numbers import renumbered

_BOUNDS = {"cell_id": pl.String, "lower": pl.Int64, "upper": pl.Int64}
_CELLS = {
    "cell_id": pl.String,
    NUMBER: pl.Int64,
    "today": pl.String,
    "count": pl.Int64,
    "released_count": pl.Int64,
    "is_exact": pl.Boolean,
    "is_hidden": pl.Boolean,
    "is_primary": pl.Boolean,
}
_RELATIONS = {"relation_id": pl.Int64, NUMBER: pl.Int64, "weight": pl.Int64}
# What is kept of relations beside that: which counts can hang together.
_TIES = ("indicator_year", "tied_to")
# What is decided but not published yet, in the place of a version.
_ASIDE = "decided"
# Years of indicators stand together, and of the others no more than such a group is read.
_ROWS_IN_A_GROUP = 100_000


@dataclass(frozen=True)
class Earlier:
    """What readers have of earlier releases.

    ``bounds``: rows ``cell_id, lower, upper``, any number per cell, of counts in ``cells`` and of
    those that are the same today. ``cells``: one row per count that was another then: its name,
    what it is called ``today``, the true ``count``, and what was shown. ``relations``: sums that
    hold between these and with what stayed, in the form of today's. Of no release, these name
    cells in either way.
    """

    bounds: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_BOUNDS))
    cells: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_CELLS))
    relations: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema=_RELATIONS | {"cell_id": pl.String})
    )


def shown(cells: pl.DataFrame, people: pl.DataFrame, profile: Profile) -> pl.DataFrame:
    """What a release says of each cell, beside the true number.

    In: ``cell_id``, ``state``, ``rule``, ``released_count``, ``is_exact``; ``cell_id``,
    ``cell_number``, ``people``, ``indicator_year``. Out: one row per cell, with ``is_hidden``,
    ``is_primary``, and ``lower`` and ``upper``, null unless it is released.
    """
    lower, upper = bounds_on_record(profile)
    return (
        cells.join(people, on="cell_id")
        .select(
            "cell_id",
            NUMBER,
            "people",
            "indicator_year",
            "released_count",
            "is_exact",
            is_hidden=pl.col("state") == "hidden",
            is_primary=(pl.col("rule") == "primary").fill_null(value=False),
            lower=lower,
            upper=upper,
        )
        .sort("cell_id")
    )


def bounds_on_record(profile: Profile) -> tuple[pl.Expr, pl.Expr]:
    """Lowest and highest count that a ``released_count`` says (null of none), exact or rounded."""
    # Nobody is nobody: 1 to 7 are hidden and never rounded to 0.
    is_exact = pl.col("is_exact") | (pl.col("released_count") == 0)
    half = pl.when(is_exact).then(0).otherwise(profile.half_step)
    return pl.col("released_count") - half, pl.col("released_count") + half


@dataclass(frozen=True)
class Aside:
    """Takes in what is decided, part by part: the relations of counts, and what is ``shown``."""

    relations: Callable[[pl.DataFrame], None]
    cells: Callable[[pl.DataFrame], None]


class NothingDecidedError(RuntimeError):
    """Nothing says what a release shows; the message says what to do."""


@dataclass(frozen=True)
class EarlierReleases:
    """A private folder with two files for each release that is kept, and for what was decided."""

    folder: Path

    @contextmanager
    def putting_aside(self) -> Iterator[Aside]:
        """Write what is decided; it is there once all parts are."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (
            _written(self._relations(_ASIDE)) as write_relations,
            _written(self._cells(_ASIDE)) as write_cells,
        ):
            yield Aside(
                lambda relations: write_relations(relations.select(*_RELATIONS, *_TIES)),
                write_cells,
            )

    def keep(self, version: str) -> None:
        """Keep what was decided as what a release shows, before anybody can read it.

        Raises:
            NothingDecidedError: nothing was put aside.
        """
        # The cells last: whoever finds them finds the relations.
        for of in (self._relations, self._cells):
            if not of(_ASIDE).exists():
                raise NothingDecidedError(
                    f"{of(_ASIDE)} is missing, so it could not be kept what release {version} "
                    "shows; run a full rebuild, which decides everything again"
                )
            copy_durably(of(_ASIDE), of(version))

    def ties(self, versions: Collection[str]) -> set[tuple[str, str]]:
        """Which years of indicators hung together in these releases."""
        return {
            tie
            for version in sorted(versions)
            if self._cells(version).exists()
            for tie in _scan(self._relations(version)).select(*_TIES).unique().collect().iter_rows()
        }

    def told_by(
        self,
        versions: Collection[str],
        people: pl.DataFrame,
        relations: pl.DataFrame,
        indicator_years: Collection[str] | None = None,
    ) -> Earlier:
        """What these releases told, put beside the counts and relations of today.

        In: the releases that readers may still have; ``cell_id``, ``cell_number``, ``people`` of
        today; rows ``relation_id``, ``cell_number``, ``weight`` of today; the years of indicators
        that these are of, none for all.
        """
        kept = [version for version in sorted(versions) if self._cells(version).exists()]
        if not kept:
            return Earlier()
        names = people.select("cell_id", "people", NUMBER, name="cell_id")
        cells = []
        for version in kept:
            then = _read(self._cells(version), indicator_years).rename({NUMBER: "number_then"})
            is_new = then.join(names, on=["cell_id", "people"], how="anti").sort("cell_id")
            first = pl.lit(names[NUMBER].max(), dtype=pl.Int64).fill_null(0) + 1
            is_new = is_new.select(
                "cell_id",
                "people",
                (first + pl.int_range(pl.len())).alias(NUMBER),
                name=pl.col("cell_id") + f" in release {version}",
            )
            names = pl.concat([names, is_new])
            cells.append(then.join(names, on=["cell_id", "people"]))
        # Whatever it came to, a count is called the same in every release.
        counts = names.unique("cell_id", keep="first").select("cell_id", count_number=NUMBER)
        sums = []
        after = relations.with_columns(count_number=NUMBER)
        for version, known in zip(reversed(kept), reversed(cells), strict=True):
            numbers = known.select("cell_id", "number_then", NUMBER).join(counts, on="cell_id")
            then = _with_numbers(self._read_relations(version, numbers, indicator_years), numbers)
            sums.append(_other_sums(then, after).with_columns(version=pl.lit(version)))
            after = then
        # Older records have the same columns in another order.
        return _put_together(pl.concat(cells, how="diagonal"), pl.concat(sums))

    def not_on_record(self, versions: Collection[str]) -> list[str]:
        """Releases of which nothing is known here: what they showed goes into no proof."""
        return [version for version in sorted(versions) if not self._cells(version).exists()]

    def forget_all_but(self, versions: Collection[str]) -> None:
        """Remove what is known of releases that are gone, and what killed runs left."""
        if not self.folder.is_dir():
            return
        stay = (*versions, _ASIDE)
        kept = {of(version) for version in stay for of in (self._cells, self._relations)}
        for path in self.folder.iterdir():
            if path not in kept:
                path.unlink()

    def _read_relations(
        self, version: str, numbers: pl.DataFrame, indicator_years: Collection[str] | None
    ) -> pl.DataFrame:
        relations = _read(self._relations(version), indicator_years)
        if NUMBER in relations.columns:
            return relations
        # Put on record by name, before 2026-11-28. They are called after no count, so that none is
        # taken for one of today, and all that they say is said.
        names = numbers.select("cell_id", pl.col("number_then").alias(NUMBER))
        return relations.join(names, on="cell_id").with_columns(
            relation_id=-pl.col("relation_id").rank("dense").cast(pl.Int64)
        )

    def _cells(self, version: str) -> Path:
        return self.folder / f"{version}.cells.parquet"

    def _relations(self, version: str) -> Path:
        return self.folder / f"{version}.relations.parquet"


def _with_numbers(relations: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    """Relations of a release by numbers that all releases share.

    In: by numbers of the release; of each count its ``number_then``, its ``count_number`` whatever
    it came to, and its ``cell_number``, another one where it came to another count.
    """
    called = numbers.select("count_number", **{NUMBER: "number_then"})
    return (
        renumbered(relations, called)
        .rename({NUMBER: "number_then"})
        .join(numbers.drop("cell_id"), on="number_then")
    )


def _other_sums(then: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """What the relations of a release say beside those of the one after it.

    Where both have the same members, only by what they differ: a total grew by what its revised
    parts grew. It follows from the later one and this that the earlier one holds.
    """
    key = ["relation_id", "count_number", "weight"]
    both = then.join(after.select(*key, number_after=NUMBER), on=key)
    sizes = [
        table.group_by("relation_id").agg(pl.len().alias(f"size_{number}"))
        for number, table in enumerate((then, after, both))
    ]
    same = (
        sizes[0]
        .join(sizes[1], on="relation_id")
        .join(sizes[2], on="relation_id")
        .filter((pl.col("size_0") == pl.col("size_2")) & (pl.col("size_1") == pl.col("size_2")))
    )
    others = then.join(same, on="relation_id", how="anti")
    differ = both.join(same, on="relation_id", how="semi").filter(
        pl.col(NUMBER) != pl.col("number_after")
    )
    grown = differ.with_columns(-pl.col("weight"), pl.col("number_after").alias(NUMBER))
    return pl.concat([table.select(*_RELATIONS) for table in (others, differ, grown)])


def _put_together(known: pl.DataFrame, sums: pl.DataFrame) -> Earlier:
    """Each count once, as shown if any release showed it, and each sum once."""
    bounds = known.filter(pl.col("released_count").is_not_null()).select(
        "lower", "upper", cell_id="name"
    )
    cells = (
        known.filter(pl.col("name") != pl.col("cell_id"))
        .join(sums, on=NUMBER, how="semi")
        .sort("released_count", "name", nulls_last=True)
        .unique("name", keep="first", maintain_order=True)
        .rename({"cell_id": "today", "name": "cell_id", "people": "count"})
    )
    once = (
        sums.sort("relation_id", "version", NUMBER)
        .group_by("relation_id", "version", maintain_order=True)
        .agg("weight", NUMBER)
        .unique(["weight", NUMBER], keep="first", maintain_order=True)
        .with_columns(relation_id=pl.int_range(pl.len(), dtype=pl.Int64))
        .explode("weight", NUMBER)
    )
    return Earlier(
        bounds.select(*_BOUNDS).unique(maintain_order=True),
        cells.select(*_CELLS),
        once.select(*_RELATIONS).cast({"weight": pl.Int64}),
    )


def _read(path: Path, indicator_years: Collection[str] | None) -> pl.DataFrame:
    table = _scan(path)
    if indicator_years is not None:
        table = table.filter(pl.col("indicator_year").is_in(sorted(indicator_years)))
    return table.collect()


def _scan(path: Path) -> pl.LazyFrame:
    table = pl.scan_parquet(path)
    columns = table.collect_schema().names()
    if "people" in columns and NUMBER not in columns:
        # Put on record before 2026-11-28, as the relations are: by name.
        table = table.with_row_index(NUMBER).cast({NUMBER: pl.Int64})
    if "indicator_year" in columns:
        return table
    # Put on record before 2026-11-27: only what counts and relations are called says it.
    table = table.with_columns(indicator_year=_indicator_year("cell_id"))
    if "relation_id" in columns:
        table = table.with_columns(tied_to=_indicator_year("relation_id"))
    return table


def _indicator_year(name: str) -> pl.Expr:
    """Indicator and financial year of a count or relation, from the keys that it is called by."""
    keys = pl.col(name).str.split("|")
    last_day = keys.list.get(5, null_on_oob=True).str.to_date(strict=False)
    began = last_day.dt.offset_by("-3mo").dt.year()
    next_year = (began + 1).cast(pl.String).str.slice(2)
    year = pl.concat_str(began.cast(pl.String), pl.lit("/"), next_year)
    return pl.concat_str(keys.list.first(), pl.lit(" "), year.fill_null(""))


@contextmanager
def _written(path: Path) -> Iterator[Callable[[pl.DataFrame], None]]:
    """A Parquet file to which tables are added; it is there once all are."""
    temporary = path.with_suffix(".tmp")
    with ExitStack() as opened:
        writer: pyarrow.parquet.ParquetWriter | None = None

        def add(table: pl.DataFrame) -> None:
            nonlocal writer
            rows = table.sort("indicator_year").to_arrow()
            if writer is None:
                created = pyarrow.parquet.ParquetWriter(temporary, rows.schema, compression="zstd")
                writer = opened.enter_context(created)
                temporary.chmod(0o600)
            writer.write_table(rows, row_group_size=_ROWS_IN_A_GROUP)

        yield add
    sync(temporary)
    temporary.replace(path)
    sync(path.parent)
