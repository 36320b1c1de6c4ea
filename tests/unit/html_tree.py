"""A strict little tree of an HTML page, for tests: every element that opens must close."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "img", "hr", "input"}


@dataclass
class Element:
    """One element with its attributes, children and text."""

    name: str
    attributes: dict[str, str | None]
    children: list[Element | str] = field(default_factory=list)

    def walk(self) -> Iterator[Element]:
        """The element and everything in it."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.walk()

    def all(self, *names: str) -> list[Element]:
        """Elements of some names, in order."""
        return [element for element in self.walk() if element.name in names]

    def of_class(self, name: str) -> list[Element]:
        """Elements with a class."""
        return [e for e in self.walk() if name in (e.attributes.get("class") or "").split()]

    def by_id(self, name: str) -> Element:
        """The element with an id."""
        return next(e for e in self.walk() if e.attributes.get("id") == name)

    @property
    def text(self) -> str:
        """What a reader reads."""
        return " ".join(self._raw.split())

    @property
    def _raw(self) -> str:
        parts = [c if isinstance(c, str) else c._raw for c in self.children]
        apart = " " if self.name in ("small", "td", "th", "dt", "dd", "li", "p", "h3") else ""
        return apart + "".join(parts) + apart


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("root", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs))
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].name == tag, f"</{tag}> closes <{self.open[-1].name}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def parse(html: str) -> Element:
    """The tree of a page; fails where an element is left open."""
    parser = _Parser()
    parser.feed(html)
    assert parser.open == [parser.root]
    return parser.root
