"""An alert as each channel shows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from orchestration.alerts.changes import Alert, Change

_CARD = "application/vnd.microsoft.card.adaptive"


def plain_text(alert: Alert) -> str:
    """Paragraphs for e-mail, one for each change."""
    blocks = [alert.platform]
    for change in alert.changes:
        lines = [change.title.upper(), *(f"  {name}: {text}" for name, text in _facts(change))]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def slack_body(alert: Alert) -> dict[str, Any]:
    """What incoming webhooks of Slack take, and of what is made like it."""
    blocks = []
    for change in alert.changes:
        facts = "\n".join(f"{name}: {_escaped(text)}" for name, text in _facts(change))
        blocks.append(f"*{_escaped(change.title)}*\n{facts}")
    return {"text": "\n\n".join([_escaped(f"{alert.title} ({alert.platform})"), *blocks])}


def teams_body(alert: Alert) -> dict[str, Any]:
    """What workflows of Teams take: an adaptive card in a message."""
    body: list[dict[str, Any]] = [
        {"type": "TextBlock", "text": alert.title, "weight": "Bolder", "wrap": True},
        {"type": "TextBlock", "text": alert.platform, "isSubtle": True, "wrap": True},
    ]
    for change in alert.changes:
        body += [
            {"type": "TextBlock", "text": change.title, "weight": "Bolder", "separator": True},
            {
                "type": "FactSet",
                "facts": [{"title": name, "value": text} for name, text in _facts(change)],
            },
        ]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    return {
        "type": "message",
        "attachments": [{"contentType": _CARD, "contentUrl": None, "content": card}],
    }


def _facts(change: Change) -> Iterator[tuple[str, str]]:
    yield "what", change.what
    yield "where", change.where
    yield "since", f"{change.since.astimezone(ZoneInfo('Europe/London')):%Y-%m-%d %H:%M}"
    yield "owner", change.owner
    yield "next step", change.next_step


def _escaped(text: str) -> str:
    """The three characters that Slack reads as markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
