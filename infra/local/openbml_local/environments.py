"""Locked virtual environments, built once per lock file and shared read-only.

MiniStack and the AWS tools pin libraries that clash with ours and with each other, and functions must see
what AWS's runtime gives them and nothing more: each has its own environment under
`.envs/<name>-<first 12 digits of the lock's SHA-256>`.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from openbml_local.errors import EnvironmentBuildError, ToolMissingError
from openbml_local.files import exclusive_lock
from openbml_local.settings import environments_directory, inherited_environment

LOCKS = Path(__file__).resolve().parents[1] / "environments"
PYTHON_VERSION = (3, 11)
READY = ".complete"


def lock_digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()[:12]


def python_311() -> Path:
    """The interpreter that environments are built from: the running one, if it is the right version."""
    if sys.version_info[:2] == PYTHON_VERSION:
        return Path(sys.base_prefix) / "bin" / "python3.11"
    found = shutil.which("python3.11")
    if found is None:
        raise ToolMissingError("Python 3.11", "Install it (for example: pyenv install 3.11) and try again.")
    return Path(found)


class Environments:
    def __init__(
        self, *, root: Path | None = None, locks: Path = LOCKS, say: Callable[[str], None] = lambda _: None
    ) -> None:
        self._root = root if root is not None else environments_directory()
        self._locks = locks
        self._say = say

    def path(self, name: str) -> Path:
        return self._root / f"{name}-{lock_digest(self._locks / f'{name}.txt')}"

    def is_ready(self, name: str) -> bool:
        return (self.path(name) / READY).exists()

    def python(self, name: str) -> Path:
        """The environment's interpreter; the environment is built first if need be.

        Safe from several processes at once. A build that was interrupted leaves no half environment:
        only a complete one carries the ready mark.
        """
        path = self.path(name)
        if not self.is_ready(name):
            with exclusive_lock(
                self._root / f".{name}.lock", on_wait=lambda: self._say(f"waiting for {name}")
            ):
                if not self.is_ready(name):
                    self._build(name, path)
        return path / "bin" / "python"

    def _build(self, name: str, path: Path) -> None:
        lock = self._locks / f"{name}.txt"
        self._say(f"building the {name} environment from {lock.name} (once)")
        if path.exists():
            shutil.rmtree(path)  # interrupted earlier; nobody uses an environment without its ready mark
        uv = _uv()
        # Built in place, because scripts in a virtual environment hold its absolute path.
        if uv is not None:
            commands = [
                [uv, "venv", "--quiet", "--no-project", "--python", str(python_311()), str(path)],
                [
                    uv,
                    "pip",
                    "sync",
                    "--quiet",
                    "--python",
                    str(path / "bin/python"),
                    "--require-hashes",
                    str(lock),
                ],
            ]
        else:
            pip = [str(path / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            commands = [
                [str(python_311()), "-m", "venv", str(path)],
                [*pip, "--no-deps", "--require-hashes", "-r", str(lock)],
            ]
        try:
            for command in commands:
                _run(command, name)
        except BaseException:
            shutil.rmtree(path, ignore_errors=True)
            raise
        (path / READY).write_text(lock.name + "\n")


def _uv() -> str | None:
    beside = Path(sys.executable).parent / "uv"
    return str(beside) if beside.exists() else shutil.which("uv")


def _run(command: list[str], name: str) -> None:
    with tempfile.TemporaryFile("w+") as output:
        code = subprocess.run(
            command, stdout=output, stderr=subprocess.STDOUT, env=inherited_environment(), check=False
        ).returncode
        if code != 0:
            output.seek(0)
            tail = "\n".join(output.read().splitlines()[-15:])
            raise EnvironmentBuildError(
                f"building the {name} environment failed ({Path(command[0]).name} ended with {code}). "
                f"Check the network and the package index, then try again.\n{tail}"
            )
