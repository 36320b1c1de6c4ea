"""Pages and single services saved from a directory, kept like those of a feed.

Contact details are taken out before anything else is done with such a file, so that neither the
archive nor what is loaded holds more of it than of a feed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from assets.extracts.arriving.open_referral.services import (
    LIST_OF_SERVICES,
    ServiceError,
    flat_service,
)
from assets.extracts.reading.sheets import UnreadableFileError

_OF_A_SERVICE = {"id", "name", "status"}
_BOM = b"\xef\xbb\xbf"


def take_details_out(path: Path) -> bool:
    """Rewrite a private file that is a page of services or one service; says whether it did.

    What is left is the record that is kept of each service, in the envelope of its layout. Any
    other file is left as it is.

    Raises:
        UnreadableFileError: when an entry is not of the profile's shape, so that nobody can tell
            where in it contact details are.
    """
    document = _document(path)
    if document is None:
        return False
    lists = LIST_OF_SERVICES.values()
    key = next((key for key in lists if _holds_services(document.get(key))), None)
    if key is not None:
        kept: Any = {
            key: [_kept(entry, f"entry {n}: ") for n, entry in enumerate(document[key], 1)]
        }
    elif document.keys() >= _OF_A_SERVICE:
        kept = _kept(document, "")
    else:
        return False
    path.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return True


def _document(path: Path) -> dict[str, Any] | None:
    with path.open("rb") as file:
        start = file.read(64).removeprefix(_BOM).lstrip()
    if not start.startswith(b"{"):
        return None
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError):
        # Whoever reads the file next says what is wrong with it.
        return None
    return document if isinstance(document, dict) else None


def _holds_services(entries: Any) -> bool:
    return isinstance(entries, list) and any(
        isinstance(entry, dict) and entry.keys() >= _OF_A_SERVICE for entry in entries
    )


def _kept(entry: Any, where: str) -> dict[str, Any]:
    try:
        return flat_service(entry).model_dump(mode="json", exclude_none=True)
    except ServiceError as error:
        raise UnreadableFileError(
            f"{where}{error}, so that contact details in it cannot be told apart; nothing of the "
            "file is kept: correct it, or leave that service out"
        ) from error
