"""What the commands print and how they end, without any process being started."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from openbml_local.cli import app
from openbml_local.settings import Cloud, Ports
from openbml_local.state_directory import StateDirectory


@pytest.fixture
def state(tmp_path: Path) -> StateDirectory:
    state = StateDirectory(tmp_path / "state")
    state.create()
    state.remember(Cloud(ports=Ports(ministack=9001, engine=9002, gateway=9003)))
    return state


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.stdout, result.stderr


def test_env_prints_lines_that_a_shell_can_evaluate(state: StateDirectory) -> None:
    code, printed, _ = run("env", "--state-dir", str(state.root))
    assert code == 0
    assert "export AWS_ENDPOINT_URL=http://127.0.0.1:9001\n" in printed
    assert "export OPENBML_URL=http://127.0.0.1:9003\n" in printed
    assert all(line.startswith("export ") for line in printed.splitlines())


def test_env_as_json_names_both_sagemaker_endpoints(state: StateDirectory) -> None:
    _, printed, _ = run("env", "--json", "--state-dir", str(state.root))
    variables = json.loads(printed)
    assert variables["AWS_ENDPOINT_URL_SAGEMAKER"] == "http://127.0.0.1:9002"
    assert variables["AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME"] == "http://127.0.0.1:9002"


def test_status_of_a_stopped_cloud_says_so_and_ends_with_9(state: StateDirectory) -> None:
    code, printed, _ = run("status", "--json", "--state-dir", str(state.root))
    assert code == 9
    assert [item["running"] for item in json.loads(printed)["components"]] == [False, False, False]


def test_down_with_nothing_running_is_no_error(state: StateDirectory) -> None:
    assert run("down", "--state-dir", str(state.root))[0] == 0


def test_reset_refuses_a_folder_that_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    code, _, said = run("reset", "--yes", "--state-dir", str(tmp_path))
    assert code == 4
    assert "not a state directory" in " ".join(said.split())
    assert (tmp_path / "thesis.txt").exists()


def test_logs_of_an_unknown_component_name_those_there_are(state: StateDirectory) -> None:
    code, _, said = run("logs", "gatway", "--state-dir", str(state.root))
    assert code == 2
    assert "gateway" in said


def test_logs_show_the_last_lines(state: StateDirectory) -> None:
    state.log("engine").write_text("one\ntwo\nthree\n")
    assert run("logs", "engine", "-n", "2", "--state-dir", str(state.root))[1] == "two\nthree\n"


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    assert run("up", "--port-gateway", port)[0] == 2
