"""What an operator sees: ps, top, logs, stop, gc and the status page."""

import os
import subprocess
import sys
import urllib.request

import pytest

from tests.contract.sagemaker_local.engine_process import REPOSITORY, EngineProcess, eventually
from tests.contract.sagemaker_local.scenario import Scenario

pytestmark = pytest.mark.contract


def run(engine: EngineProcess, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(REPOSITORY / "infra" / "local"),
        "SML_STATE_DIR": str(engine.state_dir),
        "SML_PORT": engine.url.rpartition(":")[2],
    }
    command = [sys.executable, "-m", "sagemaker_local", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def running_job(engine: EngineProcess, scenario: Scenario) -> str:
    scenario.put("data/a.txt")
    engine.sagemaker.create_training_job(**scenario.training_request({"steps": "600", "pause_s": "0.1"}))
    scenario.reaches(engine, "step=0 loss=1.0000;")
    return scenario.name


def test_ps_top_and_logs_show_a_running_job_and_stop_ends_it(
    engine: EngineProcess, scenario: Scenario, running_job: str
) -> None:
    listed = run(engine, "ps")
    assert f"training-job               InProgress   {running_job}" in listed.stdout, listed.stderr
    assert "algo-1  attempt 1" in listed.stdout
    top = run(engine, "top", "--rounds", "2", "--every", "0.2").stdout
    assert top.count(f"training-job {running_job} algo-1") == 2
    assert "step=0 loss=1.0000;" in run(engine, "logs", running_job).stdout
    assert run(engine, "stop", running_job).returncode == 0
    assert scenario.finished(engine)["TrainingJobStatus"] == "Stopped"
    followed = run(engine, "logs", "--follow", running_job)
    assert followed.returncode == 0
    assert "start at step 0" in followed.stdout


def test_unknown_names_are_said_to_be_unknown(engine: EngineProcess) -> None:
    for command in ("logs", "stop"):
        answer = run(engine, command, "nobody")
        assert answer.returncode == 2
        assert "nobody" in answer.stderr


def test_the_status_page_holds_no_data_and_its_address_carries_the_token_behind_the_hash(
    engine: EngineProcess, scenario: Scenario, running_job: str
) -> None:
    address, _, token = run(engine, "status-page").stdout.strip().partition("#")
    with urllib.request.urlopen(address, timeout=5) as reply:
        page = reply.read().decode()
        assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
    assert running_job not in page
    assert token not in page
    request = urllib.request.Request(f"{engine.url}/_local/state", headers={"X-Sml-Token": token})
    with urllib.request.urlopen(request, timeout=5) as reply:
        assert running_job in reply.read().decode()
    engine.sagemaker.stop_training_job(TrainingJobName=running_job)
    scenario.finished(engine)


def test_gc_removes_what_an_ended_job_left_and_says_how_much(
    engine: EngineProcess, scenario: Scenario
) -> None:
    scenario.put("data/a.txt")
    engine.sagemaker.create_training_job(**scenario.training_request())
    scenario.finished(engine)
    eventually(lambda: engine.admin("GET", "state")["undelivered_logs"] == 0, what="all logs are delivered")
    said = run(engine, "gc").stdout
    assert "processes: " in said
    assert "processes: 0" not in said
    assert run(engine, "logs", scenario.name).returncode == 2
