"""A Dagster code location that brings files into a landing zone, a step for each, on any machine.

It opens no build and needs no home, so that its steps can go on where there is room: with
``BRINGING_STEPS`` (``kubernetes`` or ``celery``) as the file ``steps-on-….yaml`` beside this one
says, without it in processes of the machine. Nobody looks at what is brought here: the night scans
it.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from posixpath import basename
from urllib.parse import urlsplit

import dagster as dg
import fsspec
import yaml

_BLOCK = 1 << 20


class Order(dg.Config):
    """Addresses of files, and the folder or prefix of a landing zone that they are brought to."""

    addresses: list[str]
    landing: str


@dg.op(out=dg.DynamicOut(dict[str, str]))
def each_file(config: Order) -> Iterator[dg.DynamicOutput[dict[str, str]]]:
    """A step for each address."""
    for number, address in enumerate(config.addresses):
        target = f"{config.landing.rstrip('/')}/{basename(urlsplit(address).path)}"
        yield dg.DynamicOutput({"from": address, "to": target}, mapping_key=str(number))


@dg.op(retry_policy=dg.RetryPolicy(max_retries=3, delay=30, backoff=dg.Backoff.EXPONENTIAL))
def bring(context: dg.OpExecutionContext, file: dict[str, str]) -> None:
    """Copy a file as it is; it has its name only when it is whole, so that no night sees a part."""
    target, path = fsspec.core.url_to_fs(file["to"], auto_mkdir=True)
    # Names that begin with a dot are left alone in a landing zone.
    folder, _, name = path.rpartition("/")
    part = f"{folder}/.{name}.part"
    with fsspec.open(file["from"], "rb") as source, target.open(part, "wb") as copy:
        shutil.copyfileobj(source, copy, _BLOCK)
    target.mv(part, path)
    context.log.info(f"{file['to']}: {target.size(path):,} bytes")


@dg.job(description="Bring files into a landing zone, as many at a time as there is room for.")
def bring_files() -> None:
    """Every address of the order, side by side."""
    each_file().map(bring)


def steps_on(where: str, settings: Path) -> dg.ExecutorDefinition:
    """What carries out the steps on Kubernetes or on Celery, with the settings of a file.

    Dagster holds the settings against what it takes when a run is launched.
    """
    said = yaml.safe_load(settings.read_text(encoding="utf-8"))["execution"]["config"]
    if where == "kubernetes":
        from dagster_k8s import k8s_job_executor  # noqa: PLC0415  (installed on a cluster alone)

        return k8s_job_executor.configured(said)
    from dagster_celery import celery_executor  # noqa: PLC0415

    return celery_executor.configured(said)


@dg.definitions
def definitions() -> dg.Definitions:
    """What Dagster's servers load."""
    where = os.environ.get("BRINGING_STEPS")
    executor = dg.multiprocess_executor
    if where is not None:
        executor = steps_on(where, Path(__file__).with_name(f"steps-on-{where}.yaml"))
    return dg.Definitions(jobs=[bring_files], executor=executor)
