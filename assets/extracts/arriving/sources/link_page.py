"""Finding the address of a file on the web page that a publisher links it from."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin

from assets.extracts.arriving.sources.source import PermanentSourceError, address_of


class _Links(HTMLParser):
    """Collects the targets of links, absolute and without fragment, in page order."""

    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self._base = url
        self.targets: dict[str, None] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        target = (dict(attrs).get("href") or "").strip()
        if not target:
            return
        try:
            absolute = urldefrag(urljoin(self._base, target)).url
        except ValueError:
            return  # A link that no browser could follow either.
        if tag == "base":
            self._base = absolute
        elif tag == "a":
            self.targets[absolute] = None


def links_matching(html: str, url: str, pattern: str) -> list[str]:
    """The absolute link targets of a page that match a pattern as a whole, in page order.

    Args:
        html: the page.
        url: the page's own address, against which its links are resolved.
        pattern: a regular expression for the whole target.

    Raises:
        PermanentSourceError: no link matches.
    """
    parser = _Links(url)
    try:
        # Not closed: what a page leaves open at its end holds no link, and parsing it as text
        # takes time that grows with the square of its length.
        parser.feed(html)
    except AssertionError as error:
        # The parser of Python 3.11 gives up so on a damaged declaration.
        raise PermanentSourceError(
            f"{address_of(url)}: not a page of HTML that can be read ({error}); open it in a "
            "browser, and look for another page with the link"
        ) from error
    found = [target for target in parser.targets if re.fullmatch(pattern, target)]
    if not found:
        raise PermanentSourceError(
            f"{address_of(url)}: none of the {len(parser.targets)} links on the page matches "
            f"{pattern}; open the page, see what the link is called now and correct the pattern"
        )
    return found
