"""One folder holds a local cloud; whatever is wrong with it is said in one sentence."""

import stat
from pathlib import Path

import pytest

from openbml_local.errors import StateNotOursError, StateTooNewError, StateUnreadableError
from openbml_local.rotation import rotate
from openbml_local.settings import Cloud, Ports, inherited_environment
from openbml_local.state_directory import StateDirectory


@pytest.fixture
def state(tmp_path: Path) -> StateDirectory:
    return StateDirectory(tmp_path / "state")


def test_settings_are_remembered(state: StateDirectory) -> None:
    state.create()
    state.remember(Cloud(ports=Ports(gateway=9999)))
    assert state.cloud().ports.gateway == 9999


def test_before_the_first_start_the_defaults_hold(state: StateDirectory) -> None:
    assert state.cloud() == Cloud()


def test_a_folder_with_foreign_files_is_refused(state: StateDirectory) -> None:
    state.root.mkdir()
    (state.root / "thesis.txt").write_text("mine")
    with pytest.raises(StateNotOursError, match="--state-dir"):
        state.create()


def test_an_interrupted_first_start_is_completed(state: StateDirectory) -> None:
    state.logs.mkdir(parents=True)
    (state.root / "lock").touch()
    state.create()
    assert state.ministack.is_dir()


@pytest.mark.parametrize("content", ["", "{", '{"layout": 1}', "[]"])
def test_a_damaged_state_file_is_named_with_the_way_out(state: StateDirectory, content: str) -> None:
    state.create()
    (state.root / "state.json").write_text(content)
    with pytest.raises(StateUnreadableError, match=r"state\.json.*bml reset"):
        state.cloud()


def test_a_newer_layout_is_not_guessed_at(state: StateDirectory) -> None:
    state.create()
    state.remember(Cloud())
    path = state.root / "state.json"
    path.write_text(path.read_text().replace('"layout": 1', '"layout": 2'))
    with pytest.raises(StateTooNewError, match="Upgrade"):
        state.cloud()


def test_a_damaged_process_record_counts_as_none(state: StateDirectory) -> None:
    state.create()
    (state.root / "run" / "ministack.json").write_text('{"pid": 12')
    assert state.record("ministack") is None


def test_the_password_is_made_once_and_for_its_owner_only(state: StateDirectory) -> None:
    state.create()
    first = state.administrator("a@b.example")
    assert state.administrator("a@b.example") == first
    mode = (state.root / "secrets" / "administrator.json").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert len(first.password) >= 16


def test_the_callers_aws_account_and_python_path_stay_out_of_components() -> None:
    caller = {
        "AWS_PROFILE": "company",
        "AWS_ACCESS_KEY_ID": "AKIA",
        "PYTHONPATH": "/x",
        "HOME": "/h",
        "PIP_INDEX_URL": "i",
    }
    assert inherited_environment(caller) == {"HOME": "/h", "PIP_INDEX_URL": "i"}


def test_a_proxy_is_never_asked_for_the_local_cloud_itself() -> None:
    kept = inherited_environment({"HTTPS_PROXY": "http://proxy", "NO_PROXY": "intranet"})
    assert kept["NO_PROXY"] == "intranet,127.0.0.1,localhost"
    assert kept["no_proxy"] == "127.0.0.1,localhost"


def test_a_log_that_grew_is_cut_and_its_parts_are_kept(tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    with log.open("ab") as writer:
        for part in (b"1" * 20, b"2" * 20, b"3" * 20):
            writer.write(part)
            writer.flush()
            assert rotate(log, max_bytes=10, kept=2)
        writer.write(b"after")
        writer.flush()
    assert log.read_bytes() == b"after"
    assert (tmp_path / "engine.log.1").read_bytes() == b"3" * 20
    assert (tmp_path / "engine.log.2").read_bytes() == b"2" * 20
    assert not (tmp_path / "engine.log.3").exists()
