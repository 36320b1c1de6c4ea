"""Dagster's records of runs: texts that were forgotten are taken out of them.

Reasons and checks of community extracts name rows and columns only; the names of files, and ids
that somebody put into one, are what the records can know of a submission.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

from sqlalchemy import create_engine

from assets.extracts.identifiers.detectors import REDACTED

_WAIT_SECONDS = 30


def take_out(folder: Path, texts: Collection[str]) -> None:
    """Replace texts in every record of events, runs and what steps printed.

    Raises:
        sqlite3.OperationalError: when a running server holds a database for too long.
    """
    wanted = _spelt(texts)
    for path in sorted(folder.rglob("*")) if wanted else []:
        if path.suffix == ".db":
            _take_out_of_database(path, wanted)
        elif path.is_file() and "-" not in path.suffix:
            _take_out_of_file(path, wanted)


def take_out_of_postgres(url: str, texts: Collection[str]) -> None:
    """Replace texts in every record that Dagster keeps in PostgreSQL.

    Raises:
        sqlalchemy.exc.DBAPIError: when the server cannot be reached, or refuses.
    """
    wanted = _spelt(texts)
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with closing(engine.raw_connection()) as connection, closing(connection.cursor()) as records:
        records.execute(
            "select table_name, column_name from information_schema.columns "
            "where table_schema = current_schema() and data_type in ('text', 'character varying')"
        )
        changed = set()
        for table, column in records.fetchall():
            for text in wanted:
                records.execute(
                    f'update "{table}" set "{column}" = replace("{column}", %s, %s) '
                    f'where strpos("{column}", %s) > 0',
                    (text, REDACTED, text),
                )
                if records.rowcount:
                    changed.add(table)
        for table in sorted(changed):
            # A row of before stays in the file until the table is written anew.
            records.execute(f'vacuum full "{table}"')
    engine.dispose()


def _spelt(texts: Collection[str]) -> list[str]:
    """Each text and how JSON, which events are, escapes it; longest first.

    The name of a file stands in its path.
    """
    spelt = {form for text in texts for form in (text, json.dumps(text)[1:-1]) if form}
    return sorted(spelt, key=len, reverse=True)


def _take_out_of_database(path: Path, wanted: Collection[str]) -> None:
    with closing(sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)) as records:
        # A deleted text stays in the bytes of the file until it is overwritten.
        records.execute("pragma secure_delete = on")
        tables = records.execute("select name from sqlite_master where type = 'table'").fetchall()
        changed = 0
        for (table,) in tables:
            for _, column, *_ in records.execute(f'pragma table_info("{table}")').fetchall():
                for text in wanted:
                    changed += records.execute(
                        f'update "{table}" set "{column}" = replace("{column}", ?, ?) '
                        f'where typeof("{column}") = \'text\' and instr("{column}", ?) > 0',
                        (text, REDACTED, text),
                    ).rowcount
        if changed:
            records.execute("vacuum")
            records.execute("pragma wal_checkpoint(truncate)")


def _take_out_of_file(path: Path, wanted: Collection[str]) -> None:
    content = path.read_bytes()
    cleaned = content
    for text in wanted:
        cleaned = cleaned.replace(text.encode(), REDACTED.encode())
    if cleaned != content:
        path.write_bytes(cleaned)
