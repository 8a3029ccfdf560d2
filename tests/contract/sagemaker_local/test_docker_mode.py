"""Mode ``docker``: jobs and endpoints through the docker client, here a stand-in that notes its calls."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract.sagemaker_local.engine_process import REPOSITORY, EngineProcess, eventually
from tests.contract.sagemaker_local.scenario import IMAGE, Scenario

pytestmark = pytest.mark.contract

CLIENT = Path(__file__).resolve().parent / "scripts" / "docker"


@pytest.fixture
def docker_engine(own_engine: Callable[..., EngineProcess], tmp_path: Path) -> EngineProcess:
    return own_engine(SML_MODE="docker", SML_DOCKER=str(CLIENT), HOME=str(tmp_path))


@pytest.fixture
def calls(tmp_path: Path) -> Callable[[str], list[list[str]]]:
    def read(command: str) -> list[list[str]]:
        lines = (tmp_path / "docker-calls").read_text().splitlines()
        return [words for words in map(json.loads, lines) if words[0] == command]

    return read


def test_a_job_runs_in_its_image_is_stopped_through_the_client_and_leaves_no_container(
    docker_engine: EngineProcess, scenario: Scenario, calls: Callable[[str], list[list[str]]]
) -> None:
    scenario.put("data/a.txt")
    hyper_parameters = {"steps": "1000", "pause_s": "0.1", "on_stop": "save"}
    arn = docker_engine.sagemaker.create_training_job(**scenario.training_request(hyper_parameters))[
        "TrainingJobArn"
    ]
    scenario.reaches(docker_engine, "step=1 loss=0.5000;")
    (process,) = docker_engine.processes_of(arn)
    docker_engine.sagemaker.stop_training_job(TrainingJobName=scenario.name)
    job = scenario.finished(docker_engine)
    assert job["TrainingJobStatus"] == "Stopped", job.get("FailureReason")
    assert scenario.output("model/saved-on-stop") == b"saved"
    (words,) = calls("run")
    container = f"sagemaker-local-{process['process_id']}"
    assert words[words.index("--name") + 1] == container
    assert words[-2:] == [IMAGE, "train"]
    assert [REPOSITORY.name in word for word in words].count(
        True
    ) == 0  # nothing of this machine's environments
    eventually(lambda: ["rm", "--force", container] in calls("rm"), what="the container is removed")


def test_an_endpoint_serves_from_its_image(docker_engine: EngineProcess, scenario: Scenario) -> None:
    scenario.deploy(docker_engine, count=1)
    docker_engine.sagemaker.create_endpoint(
        EndpointName=scenario.name, EndpointConfigName=f"{scenario.name}-1"
    )
    scenario.in_service(docker_engine)
    answer = docker_engine.runtime.invoke_endpoint(EndpointName=scenario.name, Body=b"hello")
    assert json.load(answer["Body"])["weights"] == "1"


def test_an_image_that_cannot_be_pulled_is_the_clients_error(
    docker_engine: EngineProcess, scenario: Scenario, calls: Callable[[str], list[list[str]]]
) -> None:
    scenario.put("data/a.txt")
    request = scenario.training_request()
    request["AlgorithmSpecification"]["TrainingImage"] = "somewhere/unknown:1"
    docker_engine.sagemaker.create_training_job(**request)
    job = scenario.finished(docker_engine)
    reason = "ClientError: image somewhere/unknown:1 cannot be run: docker pull: manifest for"
    assert job["FailureReason"].startswith(reason)
    assert calls("pull") == [["pull", "--quiet", "somewhere/unknown:1"]]
