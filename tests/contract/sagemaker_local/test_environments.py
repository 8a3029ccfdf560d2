"""The builder of locked environments, with packages made here: no index is asked."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sagemaker_local.images.locked_environments import EnvironmentBuildError, Lock, LockedEnvironments
from tests.contract.sagemaker_local.engine_process import REPOSITORY, eventually
from tests.contract.sagemaker_local.packages import source_that_fails, wheel

pytestmark = pytest.mark.contract


WHEEL = "answer-1.0-py3-none-any.whl"


@pytest.fixture
def lock(tmp_path: Path) -> Lock:
    file = tmp_path / "lock.txt"
    file.write_text(wheel(tmp_path, "answer"))
    return Lock("small", file)


def test_an_environment_is_built_once_whoever_asks_and_again_for_another_lock(
    lock: Lock, tmp_path: Path
) -> None:
    environments = LockedEnvironments(tmp_path / "envs")
    said: list[str] = []
    with ThreadPoolExecutor(3) as pool:
        pythons = set(pool.map(lambda _: environments.python(lock, said.append), range(3)))
    assert len([line for line in said if line.startswith("building")]) == 1
    (python,) = pythons
    assert subprocess.check_output([python, "-c", "import answer; print(answer.value)"]).strip() == b"42"
    first = environments.folder(lock)
    lock.file.write_text(lock.file.read_text() + wheel(tmp_path, "other"))
    assert environments.folder(lock) != first
    assert not environments.is_built(lock)


def test_an_environment_reached_through_a_link_has_its_real_address(lock: Lock, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    python = LockedEnvironments(tmp_path / "link").python(lock, print)
    assert python.is_relative_to(tmp_path / "real")
    assert (python.parent / "pip").read_text().startswith(f"#!{python.parent}")


def test_what_uv_cannot_find_is_left_to_pip_and_its_configuration(lock: Lock, tmp_path: Path) -> None:
    lock.file.write_text(
        lock.file.read_text().replace(f"answer @ {(tmp_path / WHEEL).as_uri()}", "answer==1.0")
    )
    said: list[str] = []
    variables = {**os.environ, "UV_OFFLINE": "1", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)}
    python = LockedEnvironments(tmp_path / "envs", variables).python(lock, said.append)
    assert subprocess.check_output([python, "-c", "import answer; print(answer.value)"]).strip() == b"42"
    assert any(line.startswith("uv cannot build it, pip goes on") for line in said)


def test_a_build_that_was_killed_is_done_again(lock: Lock, tmp_path: Path) -> None:
    environments = LockedEnvironments(tmp_path / "envs")
    program = (
        "import sys; from pathlib import Path; from sagemaker_local.images.locked_environments import *; "
        "LockedEnvironments(Path(sys.argv[1])).python(Lock('small', Path(sys.argv[2])), print)"
    )
    builder = subprocess.Popen(
        [sys.executable, "-c", program, environments.root, lock.file],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY / "infra/local")},
        start_new_session=True,
    )
    python = environments.folder(lock) / "bin" / "python"
    eventually(python.exists, what="the build has begun")
    os.killpg(builder.pid, signal.SIGKILL)
    builder.wait()
    assert not environments.is_built(lock)
    assert subprocess.check_output([environments.python(lock, print), "-c", "import answer; print('in')"])


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (
            "raise OSError(28, 'No space left on device')",
            r"the disk of .* is full \(\d+ MiB free\); make room",
        ),
        ("raise RuntimeError('no compiler')", "no compiler"),
    ],
)
def test_a_build_that_fails_says_why_and_leaves_nothing(tmp_path: Path, statement: str, reason: str) -> None:
    file = tmp_path / "lock.txt"
    file.write_text(source_that_fails(tmp_path, statement))
    environments = LockedEnvironments(tmp_path / "envs")
    with pytest.raises(EnvironmentBuildError, match=reason):
        environments.python(Lock("small", file), print)
    assert not environments.folder(Lock("small", file)).exists()


def test_only_environments_that_nothing_uses_any_more_are_removed(lock: Lock, tmp_path: Path) -> None:
    environments = LockedEnvironments(tmp_path / "envs")
    environments.python(lock, print)
    earlier, other, in_use = (
        environments.root / name for name in ("small-0123456789ab", "mine-0123456789ab", "small-ba9876543210")
    )
    long_ago = time.time() - 30 * 86400
    for folder in (earlier, other, in_use):
        folder.mkdir()
        (folder / ".ready").touch()
        os.utime(folder / ".ready", (long_ago, long_ago))
    (in_use / "bin").mkdir()
    (in_use / "bin" / "python").symlink_to(sys.executable)
    with subprocess.Popen([in_use / "bin" / "python", "-c", "input()"], stdin=subprocess.PIPE) as user:
        assert environments.remove_unused([lock], keep_days=14) == ["small-0123456789ab"]
        user.communicate(b"\n")
    assert environments.is_built(lock)
    assert other.exists()
