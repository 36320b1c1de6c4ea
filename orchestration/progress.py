"""A bar for whoever looks on while a run goes on: how many steps are done, and which is next.

Dagster tells a logger of every event; there is nothing else to ask.
"""

import logging
from typing import Any

import dagster as dg
from dagster._core.events import DagsterEvent
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

_ENDED = {
    dg.DagsterEventType.STEP_SUCCESS,
    dg.DagsterEventType.STEP_FAILURE,
    dg.DagsterEventType.STEP_SKIPPED,
}
_LAST = {
    dg.DagsterEventType.RUN_SUCCESS,
    dg.DagsterEventType.RUN_FAILURE,
    dg.DagsterEventType.RUN_CANCELED,
}


class ProgressHandler(logging.Handler):
    """Moves a bar on as steps end; what is worth a warning stands above it."""

    def __init__(self, steps: int, console: Console | None = None) -> None:
        super().__init__()
        self._progress = Progress(
            TextColumn("{task.description:<36}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console or Console(stderr=True),
            transient=True,
        )
        self._bar = self._progress.add_task("getting ready", total=steps or None)

    def emit(self, record: logging.LogRecord) -> None:
        """Take note of one event or message."""
        event = _event_of(record)
        if event is None:
            if record.levelno >= logging.WARNING:
                self._progress.console.print(_message_of(record), markup=False, highlight=False)
            return
        if event.event_type in _LAST:
            self._progress.stop()
            return
        self._progress.start()
        if event.event_type == dg.DagsterEventType.STEP_START:
            self._progress.update(self._bar, description=str(event.step_key)[:36])
        elif event.event_type in _ENDED:
            self._progress.advance(self._bar)


def _event_of(record: logging.LogRecord) -> DagsterEvent | None:
    event = _meta(record).get("dagster_event")
    return event if isinstance(event, DagsterEvent) else None


def _message_of(record: logging.LogRecord) -> str:
    return str(_meta(record).get("orig_message") or record.getMessage())


def _meta(record: logging.LogRecord) -> dict[str, Any]:
    found = getattr(record, "dagster_meta", {})
    return found if isinstance(found, dict) else {}


@dg.logger(
    config_schema={"log_level": dg.Field(str, is_required=False, default_value="INFO")},
    description="A bar of the steps that are done, for a terminal.",
)
def progress_logger(context: dg.InitLoggerContext) -> logging.Logger:
    """The bar as Dagster takes it."""
    steps = len(context.job_def.all_node_defs) if context.job_def else 0
    logger = logging.Logger("progress", level=logging.DEBUG)
    logger.addHandler(ProgressHandler(steps))
    return logger
