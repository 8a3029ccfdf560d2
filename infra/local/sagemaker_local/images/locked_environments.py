"""Virtual environments built from lock files: on first use, once, all or nothing, shared read-only.

An environment's address is the content of its lock and the interpreter it is built for. It counts only once
its mark is there, so what a killed build leaves is removed by the next one.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

Say = Callable[[str], None]

_TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
_MARK = ".ready"
_TAIL_LINES = 15
_SAY_EVERY_S = 2.0
_DAY_S = 86400.0
_FOLDER = re.compile(r"(?P<name>[a-z0-9][a-z0-9-]*)-(?P<digest>[0-9a-f]{12})")
_REQUIREMENT = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*(\[[^]]*\])?\s*(==|@)", re.MULTILINE)
_FETCHED = re.compile(r"^(?:Collecting|Downloading| ?Downloaded|Prepared) +([A-Za-z0-9._-]+)")
_HIDDEN_VARIABLES = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")


class EnvironmentBuildError(Exception):
    """An environment cannot be built; the message says why and what to do."""


@dataclass(frozen=True)
class Lock:
    """A named lock file."""

    name: str
    file: Path

    def digest(self) -> str:
        """Over the content and the interpreter: wheels of one do not fit another.

        Raises:
            EnvironmentBuildError: the file is not there.
        """
        return hashlib.sha256(self._content() + sys.implementation.cache_tag.encode()).hexdigest()[:12]

    def text(self) -> str:
        return self._content().decode()

    def _content(self) -> bytes:
        try:
            return self.file.read_bytes()
        except FileNotFoundError as error:
            raise EnvironmentBuildError(
                f"the lock file {self.file} of environment {self.name} does not exist"
            ) from error


@dataclass(frozen=True)
class LockedEnvironments:
    """Blocking, and safe from several threads and processes at once."""

    root: Path
    env: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def folder(self, lock: Lock) -> Path:
        """The real address, which the environment's scripts hold: jobs see that one, and no link to it."""
        return self.root.resolve() / f"{lock.name}-{lock.digest()}"

    def is_built(self, lock: Lock) -> bool:
        return _is_complete(self.folder(lock))

    def python(self, lock: Lock, say: Say) -> Path:
        """Return the environment's interpreter; the environment is built first when it is not there.

        Raises:
            EnvironmentBuildError: it cannot be built.
        """
        folder = self.folder(lock)
        if not _is_complete(folder):
            with self._held(folder, lambda: say(f"another process builds environment {lock.name}; waiting")):
                if not _is_complete(folder):
                    self._build(lock, folder, say)
        _note_use(folder)
        return folder / "bin" / "python"

    def remove_unused(self, locks: list[Lock], *, keep_days: float) -> list[str]:
        """Remove environments of other contents of these locks that nothing has used for some days.

        An environment that a running process was started from stays, however old it is.
        """
        wanted = {self.folder(lock) for lock in locks}
        names = {lock.name for lock in locks}
        removed: list[str] = []
        for folder in sorted(self.root.resolve().iterdir()) if self.root.is_dir() else []:
            found = _FOLDER.fullmatch(folder.name)
            if found is None or found["name"] not in names or folder in wanted:
                continue
            if time.time() - _last_use(folder) < keep_days * _DAY_S or _runs_something(folder):
                continue
            with self._held(folder, lambda: None):
                (folder / _MARK).unlink(missing_ok=True)  # first, so that half of it never counts
                shutil.rmtree(folder, ignore_errors=True)
            removed.append(folder.name)
        return removed

    @contextmanager
    def _held(self, folder: Path, on_wait: Callable[[], None]) -> Iterator[None]:
        """The kernel frees the lock when its holder dies, so it never goes stale."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            with (self.root / f".{folder.name}.lock").open("a") as handle:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    on_wait()
                    fcntl.flock(handle, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise EnvironmentBuildError(f"{self.root} cannot be written: {error.strerror}") from error

    def _build(self, lock: Lock, folder: Path, say: Say) -> None:
        say(f"building environment {lock.name} from {lock.file} (once, this can take minutes)")
        shutil.rmtree(folder, ignore_errors=True)
        # Scripts of an environment hold its address, so it is built where it stays.
        try:
            self._run([sys.executable, "-m", "venv", str(folder)], lock, say)
            self._install(lock, folder, say)
            mark = folder / (_MARK + ".tmp")
            mark.write_text(f"{lock.file}\n{sys.version}\n")
            mark.rename(folder / _MARK)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)  # a full disk gets its space back
            raise
        say(f"environment {lock.name} is ready in {folder}")

    def _install(self, lock: Lock, folder: Path, say: Say) -> None:
        """By uv where hashes tell exactly what to take; else, or where uv cannot, by pip.

        uv is several times faster, but only pip reads pip's own configuration, which may name another index.
        """
        has_hashes = "--hash=" in lock.text()
        uv = self._uv() if has_hashes else None
        python = str(folder / "bin" / "python")
        rest = ["--no-deps", *(["--require-hashes"] if has_hashes else []), "-r", str(lock.file)]
        if uv is not None:
            try:
                self._run([uv, "pip", "install", "--python", python, *rest], lock, say)
            except EnvironmentBuildError as error:
                say(f"uv cannot build it, pip goes on: {str(error).splitlines()[-1]}")
            else:
                return
        index = _cpu_index() if re.search(r"^torch==", lock.text(), re.MULTILINE) else []
        pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--progress-bar", "off"]
        self._run([*pip, *index, *rest], lock, say)

    def _uv(self) -> str | None:
        beside = Path(sys.executable).parent / "uv"
        return str(beside) if beside.exists() else shutil.which("uv", path=self.env.get("PATH"))

    def _run(self, command: list[str], lock: Lock, say: Say) -> None:
        env = {name: value for name, value in self.env.items() if name not in _HIDDEN_VARIABLES}
        progress = _Progress(lock.name, len(_REQUIREMENT.findall(lock.text())), say)
        tail: deque[str] = deque(maxlen=_TAIL_LINES)
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, text=True, errors="replace"
        ) as process:
            for line in process.stdout or ():
                tail.append(line.rstrip())
                progress.line(line)
        if process.returncode:
            raise EnvironmentBuildError(_explain(lock, self.root, process.returncode, tail))


class _Progress:
    """Packages that the installer has fetched, of all in the lock; at most one line in a while."""

    def __init__(self, name: str, total: int, say: Say) -> None:
        self._name, self._total, self._say = name, total, say
        self._seen: set[str] = set()
        self._said_at = time.monotonic()

    def line(self, text: str) -> None:
        found = _FETCHED.match(text)
        if found is None:
            return
        self._seen.add(found[1].lower())
        now = time.monotonic()
        if now - self._said_at >= _SAY_EVERY_S:
            self._said_at = now
            done = min(len(self._seen), self._total)
            self._say(f"{self._name}: {done}/{self._total} packages, now {found[1]}")


def _is_complete(folder: Path) -> bool:
    """Also that its interpreter is still on this machine: the base installation may be gone."""
    return (folder / _MARK).exists() and (folder / "bin" / "python").exists()


def _note_use(folder: Path) -> None:
    try:
        os.utime(folder / _MARK)
    except PermissionError:  # built by another user, who keeps it
        return


def _last_use(folder: Path) -> float:
    try:
        return (folder / _MARK).stat().st_mtime
    except FileNotFoundError:
        return folder.stat().st_mtime


def _runs_something(folder: Path) -> bool:
    wanted = str(folder).encode() + b"/"
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (entry / "cmdline").read_bytes():
                return True
        except OSError:  # ended meanwhile, or another user's
            continue
    return False


def _cpu_index() -> list[str]:
    """Torch's publisher has CPU builds, which spare a laptop gigabytes of CUDA packages."""
    request = urllib.request.Request(_TORCH_CPU_INDEX + "/", method="HEAD")  # noqa: S310 - constant https address
    try:
        with urllib.request.urlopen(request, timeout=2):  # noqa: S310 - constant https address
            return ["--extra-index-url", _TORCH_CPU_INDEX]
    except urllib.error.HTTPError as error:
        return ["--extra-index-url", _TORCH_CPU_INDEX] if error.code in (403, 405) else []
    except OSError:
        return []


def _explain(lock: Lock, root: Path, code: int, tail: "deque[str]") -> str:
    text = "\n".join(tail)
    if "No space left on device" in text:
        free = shutil.disk_usage(root).free // (1024 * 1024) if root.is_dir() else 0
        return (
            f"environment {lock.name} cannot be built: the disk of {root} or of the temporary folder is full "
            f"({free} MiB free); make room, then try again"
        )
    return (
        f"environment {lock.name} cannot be built from {lock.file} (the installer ended with {code}); "
        f"check the network and the package index, then try again. Its last lines:\n{text}"
    )
