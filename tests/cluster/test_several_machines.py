"""What deploy/cluster holds, as Dagster's own packages for several machines take it.

They are installed by make test-cluster: skipped without them.
"""

from __future__ import annotations

import os
import runpy
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from dagster._core.instance.ref import InstanceRef
from dagster._utils.tags import TagConcurrencyLimitsCounter

pytest.importorskip("dagster_k8s", reason="dagster-k8s is not installed")
pytest.importorskip("dagster_celery", reason="dagster-celery is not installed")

from dagster_k8s.container_context import K8sContainerContext
from dagster_k8s.job import construct_dagster_k8s_job

from orchestration.jobs import HOME

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
CLUSTER = DEPLOY / "cluster"
BRINGING = CLUSTER / "bringing.py"
BIN = Path(sys.executable).parent
SERVER = {
    "PGHOST": "postgres",
    "PGPORT": "5432",
    "PGDATABASE": "dagster",
    "PGUSER": "dagster",
    "PGPASSWORD": "secret",
    "DOING_WITH_IMAGE": "images.example.nhs.uk/doing-with:1.2",
}
# A cluster nobody asks for anything here.
KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "here",
    "contexts": [{"name": "here", "context": {"cluster": "here", "user": "here"}}],
    "clusters": [{"name": "here", "cluster": {"server": "https://127.0.0.1:1"}}],
    "users": [{"name": "here", "user": {"token": "none"}}],
}

Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SERVER.items():
        monkeypatch.setenv(name, value)


def launcher_of(said: dict[str, Any]) -> dict[str, Any]:
    """What the run launcher is told."""
    found: dict[str, Any] = said["run_launcher"]["config"]
    return found


def instance(folder: Path, change: Change = lambda _: None) -> InstanceRef:
    """The instance of the file, with a cluster of the test's and with what a test changes."""
    said = yaml.safe_load((CLUSTER / "dagster-kubernetes.yaml").read_text(encoding="utf-8"))
    (folder / "kubeconfig").write_text(yaml.safe_dump(KUBECONFIG), encoding="utf-8")
    launcher = {"load_incluster_config": False, "kubeconfig_file": str(folder / "kubeconfig")}
    launcher_of(said).update(launcher)
    change(said)
    (folder / "dagster.yaml").write_text(yaml.safe_dump(said), encoding="utf-8")
    return InstanceRef.from_dir(str(folder))


def pod(reference: InstanceRef) -> dict[str, Any]:
    """The pod of a run, as the launcher asks Kubernetes for it."""
    context = K8sContainerContext.create_for_run(
        dg.DagsterRun("nightly"), reference.run_launcher, include_run_tags=False
    )
    job = construct_dagster_k8s_job(
        context.get_k8s_job_config(job_image=None, run_launcher=reference.run_launcher),
        args=["dagster"],
        job_name="run",
        user_defined_k8s_config=context.run_k8s_config,
    ).to_dict()
    assert job["spec"]["backoff_limit"] == 0
    found: dict[str, Any] = job["spec"]["template"]["spec"]
    return found


def test_a_run_is_a_pod_with_its_home(tmp_path: Path, server: None) -> None:
    asked = pod(instance(tmp_path))
    [container] = asked["containers"]
    assert container["image"] == SERVER["DOING_WITH_IMAGE"]
    assert container["resources"]["limits"] == {"memory": "8Gi"}
    assert ("home", "/var/lib/doing-with") in {
        (mount["name"], mount["mount_path"]) for mount in container["volume_mounts"]
    }
    claims = [volume["persistent_volume_claim"] for volume in asked["volumes"]]
    assert [claim["claim_name"] for claim in claims if claim] == ["doing-with-home"]
    assert asked["security_context"]["fs_group"] == 10001
    assert container["security_context"]["run_as_non_root"] is True


@pytest.mark.parametrize(
    ("change", "misspelt"),
    [
        (lambda said: said.update(run_queues=said.pop("run_queue")), "run_queues"),
        (lambda said: said["run_queue"].update(max_runs=3), "max_runs"),
        (lambda said: said["run_queue"]["tag_concurrency_limits"][0].update(limits=1), "limits"),
        (lambda said: launcher_of(said).update(job_namespaces="x"), "job_namespaces"),
        (lambda said: launcher_of(said)["resources"].update(request={}), "request"),
        (lambda said: launcher_of(said)["volumes"][0].update(persistent={}), "persistent"),
        (
            lambda said: launcher_of(said)["run_k8s_config"]["job_spec_config"].update(tries=0),
            "tries",
        ),
    ],
)
def test_a_misspelt_setting_of_the_instance_is_refused(
    tmp_path: Path, server: None, change: Change, misspelt: str
) -> None:
    with pytest.raises(Exception, match=rf"(Unexpected|unexpected|undefined).*\b{misspelt}\b"):
        pod(instance(tmp_path, change))


def test_the_two_servers_differ_in_how_runs_are_launched() -> None:
    cluster = yaml.safe_load((CLUSTER / "dagster-kubernetes.yaml").read_text())
    alone = yaml.safe_load((DEPLOY / "dagster-postgres.yaml").read_text())
    assert cluster.pop("run_launcher")
    assert {**cluster, "run_queue": {}} == {**alone, "run_queue": {}}


def test_homes_run_side_by_side_and_each_one_run_at_a_time(tmp_path: Path, server: None) -> None:
    said = instance(tmp_path).run_coordinator
    assert said is not None
    limits = said.get_run_queue_config().tag_concurrency_limits

    def run(home: str) -> dg.DagsterRun:
        return dg.DagsterRun("nightly", tags={HOME: home})

    going_on = TagConcurrencyLimitsCounter(limits, [run("/homes/live")])
    assert going_on.is_blocked(run("/homes/live"))
    assert not going_on.is_blocked(run("/homes/test"))


def bringing(where: str, settings: Path) -> dg.JobDefinition:
    """The job that brings files, with its steps where a file of settings says."""
    found = runpy.run_path(str(BRINGING))
    made = dg.Definitions(jobs=[found["bring_files"]], executor=found["steps_on"](where, settings))
    return made.resolve_job_def("bring_files")


@pytest.mark.parametrize(
    ("where", "misspelt"), [("kubernetes", "max_concurrents"), ("celery", "brokers")]
)
def test_steps_go_where_their_settings_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, misspelt: str
) -> None:
    monkeypatch.setenv("CELERY_BROKER", "pyamqp://broker")
    monkeypatch.setenv("CELERY_BACKEND", "rpc://")
    order = {"ops": {"each_file": {"config": {"addresses": ["a"], "landing": "b"}}}}
    settings = CLUSTER / f"steps-on-{where}.yaml"
    assert dg.validate_run_config(bringing(where, settings), order)
    said = yaml.safe_load(settings.read_text(encoding="utf-8"))
    said["execution"]["config"][misspelt] = 8
    other = tmp_path / "settings.yaml"
    other.write_text(yaml.safe_dump(said), encoding="utf-8")
    with pytest.raises(dg.DagsterInvalidConfigError, match=misspelt):
        dg.validate_run_config(bringing(where, other), order)


# -- files are really brought ------------------------------------------------------------------


@pytest.fixture
def order(tmp_path: Path) -> dict[str, Any]:
    """Three files to bring, and where to."""
    for number in range(3):
        (tmp_path / f"list_{number}.csv").write_text(f"A,{number}\n" * 9, encoding="utf-8")
    addresses = [f"file://{tmp_path}/list_{number}.csv" for number in range(3)]
    config = {"addresses": addresses, "landing": f"file://{tmp_path}/landing"}
    return {"ops": {"each_file": {"config": config}}}


def bring(tmp_path: Path, order: dict[str, Any], code: Path = BRINGING, **environment: str) -> None:
    """Run the job as its servers do, and look at what came."""
    home = tmp_path / "dagster"
    home.mkdir(exist_ok=True)
    (tmp_path / "order.yaml").write_text(yaml.safe_dump(order), encoding="utf-8")
    command = [str(BIN / "dagster"), "job", "execute", "--python-file", str(code)]
    ran = subprocess.run(
        [*command, "--job", "bring_files", "--config", str(tmp_path / "order.yaml")],
        env={**os.environ, "DAGSTER_HOME": str(home), **environment},
        # Celery keeps a folder of its own where it is started.
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    brought = sorted((tmp_path / "landing").iterdir())
    assert [path.name for path in brought] == ["list_0.csv", "list_1.csv", "list_2.csv"]
    for path in brought:
        assert path.read_bytes() == (tmp_path / path.name).read_bytes()


def test_files_are_brought_by_processes_of_one_machine(
    tmp_path: Path, order: dict[str, Any]
) -> None:
    bring(tmp_path, order)


@pytest.fixture
def on_celery(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A Celery worker that reads its tasks from a folder, and how the job finds it."""
    cluster = shutil.copytree(CLUSTER, tmp_path / "cluster")
    for folder in ("queue", "results", "dagster"):
        (tmp_path / folder).mkdir()
    settings = cluster / "steps-on-celery.yaml"
    said = yaml.safe_load(settings.read_text(encoding="utf-8"))
    queue = str(tmp_path / "queue")
    said["execution"]["config"]["config_source"]["broker_transport_options"] = {
        "data_folder_in": queue,
        "data_folder_out": queue,
    }
    settings.write_text(yaml.safe_dump(said), encoding="utf-8")
    environment = {
        "CELERY_BROKER": "filesystem://",
        "CELERY_BACKEND": f"file://{tmp_path}/results",
        "BRINGING_STEPS": "celery",
        "DAGSTER_HOME": str(tmp_path / "dagster"),
    }
    # Worker and job would make the tables of Dagster's records at the same time.
    (tmp_path / "dagster" / "dagster.yaml").touch()
    with dg.DagsterInstance.from_config(environment["DAGSTER_HOME"]) as made:
        assert made.get_run_records() == []
    command = [str(BIN / "dagster-celery"), "worker", "start", "--app", "dagster_celery.app"]
    with (tmp_path / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--config-yaml", str(settings)],
            env={**os.environ, **environment, "PATH": f"{BIN}:{os.environ['PATH']}"},
            cwd=tmp_path,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    yield {"code": cluster / BRINGING.name, **environment}
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_files_are_brought_by_a_celery_worker(
    tmp_path: Path, order: dict[str, Any], on_celery: dict[str, Any]
) -> None:
    bring(tmp_path, order, **on_celery)
    # Done by the worker: it says so for each step.
    said = (tmp_path / "worker.log").read_text(encoding="utf-8", errors="replace")
    assert said.count("succeeded in") == 4
