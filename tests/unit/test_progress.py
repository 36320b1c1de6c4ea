"""The bar of a run, fed by the events of a real one."""

import io
import logging

import dagster as dg
import pytest
from rich.console import Console

from orchestration.progress import ProgressHandler, progress_logger


@dg.op
def counts(context: dg.OpExecutionContext) -> None:
    context.log.info("not worth a line")
    context.log.warning("waiting for run 7 to finish")


@dg.op
def fails() -> None:
    raise ValueError("no")


@dg.job(executor_def=dg.in_process_executor)
def both() -> None:
    counts()
    fails()


def test_every_step_that_ended_moves_the_bar_and_warnings_stand_above_it() -> None:
    shown = io.StringIO()
    handler = ProgressHandler(2, Console(file=shown, force_terminal=True, width=100))

    @dg.logger
    def bar(_: dg.InitLoggerContext) -> logging.Logger:
        logger = logging.Logger("bar")
        logger.addHandler(handler)
        return logger

    job = dg.Definitions(jobs=[both], loggers={"bar": bar}).resolve_job_def("both")
    job.execute_in_process(raise_on_error=False, run_config={"loggers": {"bar": {}}})
    [task] = handler._progress.tasks
    assert (task.completed, task.total) == (2, 2)
    assert not handler._progress.live.is_started
    assert "waiting for run 7 to finish" in shown.getvalue()
    assert "not worth a line" not in shown.getvalue()


def test_it_is_a_logger_like_any_other(capsys: pytest.CaptureFixture[str]) -> None:
    job = dg.Definitions(jobs=[both], loggers={"progress": progress_logger}).resolve_job_def("both")
    config = {"loggers": {"progress": {"config": {"log_level": "INFO"}}}}
    assert not job.execute_in_process(raise_on_error=False, run_config=config).success
    assert "waiting for run 7 to finish" in capsys.readouterr().err
