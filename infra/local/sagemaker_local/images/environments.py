"""Virtual environments built from lock files: on first use, once, all or nothing."""

import fcntl
import hashlib
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sagemaker_local.images.registry import ImageEntry, ImageError, ImageRegistry

_TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
_READY = ".ready"
_TAIL_LINES = 15

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Environment:
    """An interpreter and what a job must be able to read of it."""

    python: Path
    visible: tuple[Path, ...]


class Environments:
    """Blocking; used from worker threads and from the command line."""

    def __init__(self, registry: ImageRegistry, folder: Path) -> None:
        self._registry = registry
        self._folder = folder

    def folder_of(self, entry: ImageEntry) -> Path | None:
        """Return where the environment of an entry is or will be; None if it needs none."""
        if entry.lock is None:
            return None
        lock = self._registry.path(entry.lock)
        try:
            digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:12]
        except FileNotFoundError as error:
            raise ImageError(f"the lock file {lock} of environment {entry.env} does not exist") from error
        return self._folder / f"{entry.env}-{digest}"

    def is_built(self, entry: ImageEntry) -> bool:
        folder = self.folder_of(entry)
        return folder is None or (folder / _READY).exists()

    def get(self, entry: ImageEntry, report: Callable[[str], None] = logger.info) -> Environment:
        """Return the environment, building it first when it is not there."""
        folder = self.folder_of(entry)
        if folder is None or entry.lock is None:
            return Environment(Path(sys.executable), _interpreter_folders(Path(sys.prefix)))
        if not (folder / _READY).exists():
            self._build(entry, entry.lock, folder, report)
        return Environment(folder / "bin" / "python", _interpreter_folders(folder))

    def _build(self, entry: ImageEntry, lock_file: Path, folder: Path, report: Callable[[str], None]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        with _locked(self._folder / f".{folder.name}.lock"):
            if (folder / _READY).exists():
                return  # another process built it while we waited
            lock = self._registry.path(lock_file)
            report(f"building environment {entry.env} from {lock} (first use, this can take minutes)")
            shutil.rmtree(folder, ignore_errors=True)
            # Scripts of an environment hold its address, so it is built where it stays and
            # counts only once the mark is there; what a killed build leaves is removed above.
            _run([sys.executable, "-m", "venv", str(folder)], entry.env)
            _run(
                [*_pip(folder), "install", "--quiet", "--no-deps", *_extra_index(), "-r", str(lock)],
                entry.env,
            )
            mark = folder / (_READY + ".tmp")
            mark.write_text(f"{lock}\n")
            mark.rename(folder / _READY)
            report(f"environment {entry.env} is ready in {folder}")


def _pip(folder: Path) -> list[str]:
    return [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]


def _run(command: list[str], env: str) -> None:
    with tempfile.TemporaryFile() as output:
        ended = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, check=False)
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    if ended.returncode:
        tail = "\n".join(text.strip().splitlines()[-_TAIL_LINES:])
        raise ImageError(f"environment {env} cannot be built ({' '.join(command[-4:])}): {tail}")


def _extra_index() -> list[str]:
    """Torch's publisher has CPU builds, which spare a laptop gigabytes of CUDA packages."""
    request = urllib.request.Request(_TORCH_CPU_INDEX + "/", method="HEAD")  # noqa: S310 - constant https address
    try:
        with urllib.request.urlopen(request, timeout=2):  # noqa: S310 - constant https address
            return ["--extra-index-url", _TORCH_CPU_INDEX]
    except urllib.error.HTTPError as error:
        return ["--extra-index-url", _TORCH_CPU_INDEX] if error.code in (403, 405) else []
    except OSError:
        return []


def _interpreter_folders(prefix: Path) -> tuple[Path, ...]:
    """The environment, and the interpreter installation that it is a view of."""
    python = (prefix / "bin" / "python").resolve()
    base = python.parent.parent
    folders = [prefix]
    if base != prefix and not str(base).startswith("/usr"):
        folders.append(base)
    return tuple(folders)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            os.utime(path)
