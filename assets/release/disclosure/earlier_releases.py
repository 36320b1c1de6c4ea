"""What each release that is kept showed of counts of people, and what was decided last.

It is private, outside the releases, and goes when the release goes. Of each release a small file
says which years of indicators hung together and what record there is of what it showed of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import polars as pl
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from assets.durable_files import write_atomically
from assets.release.disclosure.earlier import Earlier, ShownThen, told
from assets.release.disclosure.records_of_releases import (
    files_of_release,
    shown_by_release,
    ties_of_release,
)
from assets.release.disclosure.shown_records import ShownRecords, UnreadableRecordError

# What is decided but not published yet, in the place of a version.
_DECIDED = "decided"


class NothingDecidedError(RuntimeError):
    """Nothing says what a release shows; the message says what to do."""


class YearsShown(BaseModel):
    """Years of indicators that hang together, and the record of what is shown of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    indicator_years: tuple[str, ...]
    ties: tuple[tuple[str, str], ...]
    record: str


class YearsDecided(YearsShown):
    """What was decided of years of indicators that hang together, and of what.

    ``fingerprint`` is of the counts and relations, ``seen`` are the records that readers had of
    any of these years, None if nobody could tell. ``rows`` is what the table
    ``disclosure.released_counts`` says of each year (see ``rows_on_record``). The rest is what
    there is to say of it: ``holds``, whether the proof did; see ``Tally``.
    """

    fingerprint: str
    seen: frozenset[str] | None
    rows: Mapping[str, str]
    holds: bool
    small_numbers: int
    hidden_with_them: int
    blocks: int


Content = TypeVar("Content")

_Shown = TypeAdapter(tuple[YearsShown, ...])
_Decided = TypeAdapter(tuple[YearsDecided, ...])


@dataclass(frozen=True)
class EarlierReleases:
    """A private folder with a small file for each release, and the records that these name."""

    folder: Path

    @property
    def records(self) -> ShownRecords:
        """What was shown."""
        return ShownRecords(self.folder / "records")

    def decided(self) -> tuple[YearsDecided, ...]:
        """What was decided last, in sets of years that hang together; nothing at first.

        Raises:
            UnreadableRecordError: the file says something else.
        """
        path = self._file(_DECIDED)
        return _read(path, _Decided, "everything is decided again") if path.exists() else ()

    def note(self, decided: Sequence[YearsDecided]) -> None:
        """Note what is decided, all of it; the records are there already."""
        in_order = tuple(sorted(decided, key=lambda one: one.indicator_years))
        write_atomically(
            self._file(_DECIDED), _Decided.dump_json(in_order).decode(), is_private=True
        )

    def forget_decided(self) -> None:
        """Remove what was decided last, so that everything is decided again."""
        self._file(_DECIDED).unlink(missing_ok=True)

    def keep(self, version: str, rows: Mapping[str, str]) -> None:
        """Keep what was decided as what a release shows, before anybody can read the release.

        In: what the table says of which the release is made (see ``rows_on_record``).

        Raises:
            NothingDecidedError: nothing was decided, or something else, or a record of it is gone.
            UnreadableRecordError: a record of it is damaged.
        """
        path, decided = self._file(_DECIDED), self.decided()
        lost = [one for one in decided if not self.records.is_there(one.record)]
        if lost or not path.exists():
            what = f"a record of {', '.join(lost[0].indicator_years)}" if lost else str(path)
            raise NothingDecidedError(
                f"{what} is missing, so it could not be kept what release {version} shows; run a "
                "full rebuild, which decides everything again"
            )
        noted = {year: said for one in decided for year, said in one.rows.items()}
        differ = sorted(year for year, _ in noted.items() ^ rows.items())
        if differ:
            raise NothingDecidedError(
                f"{path} does not say of {differ[0]} what disclosure.released_counts says, so it "
                f"could not be kept what release {version} shows; run the job nightly, which "
                "decides again what differs"
            )
        self.records.refuse_damaged({one.record for one in decided})
        shown = tuple(
            YearsShown(indicator_years=one.indicator_years, ties=one.ties, record=one.record)
            for one in decided
        )
        write_atomically(self._file(version), _Shown.dump_json(shown).decode(), is_private=True)

    def ties(self, versions: Collection[str]) -> set[tuple[str, str]]:
        """Which years of indicators hung together in these releases."""
        found = set[tuple[str, str]]()
        for version in self._on_record(versions):
            if self._is_in_one(version):
                found |= ties_of_release(self.folder, version)
            else:
                found.update(tie for one in self._shown(version) for tie in one.ties)
        return found

    def records_of(self, versions: Collection[str]) -> Mapping[str, frozenset[str]] | None:
        """Which records readers of these releases have, by year of an indicator.

        Out: None if one of them was put on record in another form, so that nobody can tell.
        """
        kept = self._on_record(versions)
        if any(self._is_in_one(version) for version in kept):
            return None
        found = defaultdict[str, set[str]](set)
        for version in kept:
            for one in self._shown(version):
                if self.records.is_there(one.record):
                    for year in one.indicator_years:
                        found[year].add(one.record)
        return {year: frozenset(records) for year, records in found.items()}

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
        return told(self._told(versions, indicator_years), people, relations)

    def not_on_record(self, versions: Collection[str]) -> list[str]:
        """Releases of which not all is known here: the rest goes into no proof."""
        on_record = set(self._on_record(versions))
        return [
            version
            for version in sorted(versions)
            if version not in on_record
            or not (
                self._is_in_one(version)
                or all(self.records.is_there(one.record) for one in self._shown(version))
            )
        ]

    def forget_all_but(self, versions: Collection[str]) -> None:
        """Remove what is known of releases that are gone, and what killed runs left."""
        if not self.folder.is_dir():
            return
        stay = {
            self.records.folder,
            self._file(_DECIDED),
            *(self._file(version) for version in versions),
            *(path for version in versions for path in files_of_release(self.folder, version)),
        }
        for path in self.folder.iterdir():
            if path not in stay:
                path.unlink()
        # What is named is asked for after that: a record stays for as long as anything names it.
        files = [path for path in self.folder.glob("*.json") if path != self._file(_DECIDED)]
        shown = [self.decided(), *(self._shown(path.stem) for path in files)]
        self.records.remove_all_but({one.record for each in shown for one in each})

    def _told(
        self, versions: Collection[str], indicator_years: Collection[str] | None
    ) -> Iterator[ShownThen]:
        """The newest release first, and of each other what no newer one has as well."""
        read = set[str]()
        for version in reversed(self._on_record(versions)):
            if self._is_in_one(version):
                yield shown_by_release(self.folder, version, indicator_years)
                continue
            records = {
                one.record
                for one in self._shown(version)
                if indicator_years is None
                or not set(indicator_years).isdisjoint(one.indicator_years)
            }
            new = {record for record in records - read if self.records.is_there(record)}
            read |= new
            if new:
                yield ShownThen(version, *self.records.read(new, indicator_years))

    def _on_record(self, versions: Collection[str]) -> list[str]:
        return [
            version
            for version in sorted(versions)
            if self._file(version).exists() or self._is_in_one(version)
        ]

    def _is_in_one(self, version: str) -> bool:
        """Whether a release was put on record before there were records of some years."""
        return files_of_release(self.folder, version)[0].exists()

    def _shown(self, version: str) -> tuple[YearsShown, ...]:
        without = "the proof does without it, and says so"
        return _read(self._file(version), _Shown, without)

    def _file(self, version: str) -> Path:
        return self.folder / f"{version}.json"


def _read(path: Path, content: TypeAdapter[Content], without: str) -> Content:
    """What a file says; ``without`` is what follows if it is removed."""
    try:
        return content.validate_json(path.read_bytes())
    except ValidationError as error:
        raise UnreadableRecordError(
            f"{path}: does not say what is on record ({error.errors()[0]['msg']}); bring the file "
            f"back from a backup, or remove it and run the job nightly: then {without}"
        ) from error
