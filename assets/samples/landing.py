"""A whole landing folder of synthetic extracts, and the manifest that says so."""

from pathlib import Path

import yaml

from assets.samples.directories import write_directories
from assets.samples.places import invent
from assets.samples.registers import write_registers
from assets.samples.survey import write_survey
from assets.samples.workforce import write_workforce

REASON = "made-up board for trying the platform out"


def write_landing(folder: Path, *, practices: int = 60, seed: int = 20240401) -> list[Path]:
    """Write every extract and ``landing.yml`` into a folder and return the paths, manifest last.

    The same seed and size give the same bytes, whatever the day or the machine's clock.
    ``practices`` is 20 to 600. Files of an earlier run are overwritten.
    """
    places = invent(practices, seed)
    written = [
        *write_survey(folder, places, seed),
        *write_directories(folder, places),
        *write_registers(folder, places, seed),
        *write_workforce(folder, places, seed),
    ]
    return [*written, _write_manifest(folder, written)]


def _write_manifest(folder: Path, written: list[Path]) -> Path:
    """Declare each file synthetic, with the period where its name does not say it."""
    entries = []
    for path in written:
        match = path.relative_to(folder).as_posix()
        entry: dict[str, str | bool] = {"match": match}
        period = _period(path.name)
        if period:
            entry["period"] = period
        entries.append({**entry, "synthetic": True, "reason": REASON})
    manifest = folder / "landing.yml"
    text = yaml.safe_dump({"files": entries}, sort_keys=False, width=100)
    manifest.write_text("# What the files cannot say of themselves.\n" + text, newline="\n")
    return manifest


def _period(file_name: str) -> str | None:
    """Period of a file whose name does not end in one: survey year or financial year."""
    if file_name.startswith("GPPS_"):
        return file_name.split("_")[1]
    if file_name.endswith("_2425.csv"):
        return "2024/25"
    return None
