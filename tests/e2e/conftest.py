"""A deployed installation of its own for the end-to-end tests: own state, own ports, stopped at the end."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from openbml_client import ApiError, Client
from openbml_client.client import ProjectClient
from openbml_client.sessions import SessionFile
from openbml_client.transport import Transport
from openbml_client.uploads import ArchiveUpload
from tests.e2e.wire_proxy import Recording, recording_proxy

REPOSITORY = Path(__file__).resolve().parents[2]
SAMPLES = REPOSITORY / "examples" / "sign_digits"
BML = Path(sys.executable).with_name("bml")
DEADLINE_S = 300.0


@dataclass(frozen=True)
class Cloud:
    """The running installation and its administrator."""

    url: str
    state: Path
    config: Path
    email: str
    password: str
    recording: Recording
    opened: list[Transport] = field(default_factory=list)

    def bml(
        self, *arguments: str, check: bool = True, timeout_s: float = 600
    ) -> subprocess.CompletedProcess[str]:
        """Run the `bml` command as a person would, in this installation."""
        env = {
            **os.environ,
            "OPENBML_STATE_DIR": str(self.state),
            "OPENBML_CONFIG_DIR": str(self.config),
            "OPENBML_URL": self.url,
            "OPENBML_ENGINE_URL": self.recording.url,
            "COLUMNS": "200",
        }
        reply = subprocess.run(
            [str(BML), *arguments], env=env, capture_output=True, text=True, check=False, timeout=timeout_s
        )
        if check and reply.returncode != 0:
            raise AssertionError(f"bml {' '.join(arguments)} ended with {reply.returncode}:\n{reply.stderr}")
        return reply

    def json(self, *arguments: str) -> Any:
        return json.loads(self.bml(*arguments, "--json").stdout)

    def client(self, email: str | None = None, password: str | None = None) -> Client:
        name = (email or self.email).replace("@", "_at_")
        transport = Transport(self.url, sessions=SessionFile(self.config / f"{name}.json"))
        transport.sign_in(email or self.email, password or self.password)
        self.opened.append(transport)
        return Client(transport)

    def environment(self) -> Mapping[str, str]:
        """What `bml env` prints: for boto3 against the local cloud."""
        variables: Mapping[str, str] = self.json("env")
        return variables

    def component_pid(self, name: str) -> int:
        rows = json.loads(self.bml("status", "--json", check=False).stdout)["components"]
        return int(next(row["pid"] for row in rows if row["name"] == name))


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def until(
    read: Callable[[], Mapping[str, Any]], done: Callable[[Mapping[str, Any]], bool], *, what: str
) -> Mapping[str, Any]:
    """Poll until `done`, at most `DEADLINE_S` seconds."""
    deadline = time.monotonic() + DEADLINE_S
    while True:
        document = read()
        if done(document):
            return document
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} took over {DEADLINE_S:.0f} s; last seen: {document}")
        time.sleep(0.5)


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    state = tmp_path_factory.mktemp("cloud") / "state"
    ports = {name: free_port() for name in ("ministack", "engine", "gateway")}
    url = f"http://127.0.0.1:{ports['gateway']}"
    config = tmp_path_factory.mktemp("config")
    with recording_proxy(ports["engine"], free_port()) as recording:
        unsigned = Cloud(url, state, config, "", "", recording)
        try:
            arguments = [f"--port-{name}={port}" for name, port in ports.items()]
            started = unsigned.bml("up", *arguments, check=False)
            if started.returncode != 0:
                logs = unsigned.bml("logs", "deploy", "-n", "60", check=False).stdout
                pytest.fail(f"bml up failed:\n{started.stderr}\n{logs}")
            administrator = unsigned.json("status", "--show-password")["administrator"]
            cloud = replace(unsigned, email=administrator["email"], password=administrator["password"])
            yield cloud
            for transport in cloud.opened:
                transport.close()
        finally:
            unsigned.bml("down", check=False)
    assert not recording.problems, f"replies that do not fit the service model: {recording.problems[:10]}"


@pytest.fixture(scope="session")
def client(cloud: Cloud) -> Client:
    return cloud.client()


@pytest.fixture(scope="session")
def project(client: Client) -> ProjectClient:
    return client.project()


def import_archive(project: ProjectClient, dataset_id: int, archive: Path) -> Mapping[str, Any]:
    """Upload an archive and wait until its import ended, well or badly."""
    document = project.datasets.start_import(
        dataset_id, 1, filename=archive.name, size_bytes=archive.stat().st_size
    )
    ArchiveUpload(
        project.datasets, dataset_id=dataset_id, version_number=1, document=document, path=archive
    ).run()
    import_id = int(document["import_id"])
    return until(
        lambda: project.datasets.data_import(dataset_id, 1, import_id),
        lambda row: row["state"] in {"finished", "failed", "cancelled"},
        what="the import",
    )


def create_dataset(project: ProjectClient, name: str) -> int:
    document = project.datasets.create(
        name, annotation_type="image_classification", template="single_label", data_type="image"
    )
    return int(document["dataset_id"])


@pytest.fixture(scope="session")
def digits(project: ProjectClient) -> int:
    """A dataset with the sample images."""
    dataset_id = create_dataset(project, "digits")
    ended = import_archive(project, dataset_id, SAMPLES / "train.zip")
    assert ended["state"] == "finished", ended
    return dataset_id


def run_body(dataset_id: int, **changes: Any) -> dict[str, Any]:
    return {
        "training_data": [{"dataset_id": dataset_id, "version_number": 1}],
        "network": "MobileNetV3_large_x1_0",
        "hyper_parameters": {"epochs": 2, "input_size": 64, "batch_size": 32, "seed": 3},
        "machine_type": "GPU_P4",
        "node_count": 1,
        "max_training_minutes": 20,
        **changes,
    }


@pytest.fixture(scope="session")
def experiment(project: ProjectClient) -> int:
    document = project.training.create_experiment(
        "digits", task_type="image_classification", direction="vision"
    )
    return int(document["experiment_id"])


def ended_run(project: ProjectClient, run_id: int) -> Mapping[str, Any]:
    return until(
        lambda: project.training.run(run_id),
        lambda row: row["state"] in {"succeeded", "failed", "stopped"},
        what="the run",
    )


@pytest.fixture(scope="session")
def trained(project: ProjectClient, experiment: int, digits: int) -> Mapping[str, Any]:
    run = project.training.start_run(experiment, run_body(digits))
    ended = ended_run(project, int(run["run_id"]))
    assert ended["state"] == "succeeded", ended
    return ended


@pytest.fixture(scope="session")
def published(project: ProjectClient, trained: Mapping[str, Any]) -> Mapping[str, Any]:
    model = project.models.create("digits", task_type="image_classification")
    version = project.models.publish(int(model["model_id"]), int(trained["run_id"]))
    return until(
        lambda: project.models.version(int(model["model_id"]), int(version["version_number"])),
        lambda row: row["state"] == "ready",
        what="publishing",
    )


def service_body(version: Mapping[str, Any], name: str, suffix: str) -> dict[str, Any]:
    return {
        "name": name,
        "suffix": suffix,
        "model_id": version["model_id"],
        "model_version": version["version_number"],
        "machine_type": "SVC_CPU",
        "compute_units": 1,
        "instances": 2,
    }


def settled_service(project: ProjectClient, service_id: int) -> Mapping[str, Any]:
    return until(
        lambda: project.services.get(service_id),
        lambda row: row["state"] in {"running", "failed", "stopped"},
        what="the deployment",
    )


@dataclass(frozen=True)
class Race:
    """What ten deploys of one model to one suffix, all at once, ended in."""

    winners: list[int]
    refusals: list[ApiError]


@pytest.fixture(scope="session")
def race(project: ProjectClient, published: Mapping[str, Any]) -> Race:
    def deploy(number: int) -> int | ApiError:
        try:
            body = service_body(published, "digits" if number == 0 else f"digits-{number}", "digits")
            return int(project.services.deploy(body)["service_id"])
        except ApiError as refused:
            return refused

    with ThreadPoolExecutor(10) as pool:
        outcomes = list(pool.map(deploy, range(10)))
    return Race(
        winners=[outcome for outcome in outcomes if isinstance(outcome, int)],
        refusals=[outcome for outcome in outcomes if isinstance(outcome, ApiError)],
    )


@pytest.fixture(scope="session")
def service(project: ProjectClient, race: Race) -> Mapping[str, Any]:
    assert race.winners, [str(refusal) for refusal in race.refusals]
    ended = settled_service(project, race.winners[0])
    assert ended["state"] == "running", ended
    return ended


@pytest.fixture(scope="session")
def application(client: Client) -> Mapping[str, Any]:
    return client.create_application("e2e")
