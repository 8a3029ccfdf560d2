"""The environments of images."""

import logging
import sys
from dataclasses import dataclass
from pathlib import Path

from sagemaker_local.images.locked_environments import EnvironmentBuildError, Lock, LockedEnvironments, Say
from sagemaker_local.images.registry import ImageEntry, ImageError, ImageRegistry

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
        self._built = LockedEnvironments(folder)

    def folder_of(self, entry: ImageEntry) -> Path | None:
        """Return where the environment of an entry is or will be; None if it needs none."""
        lock = self._lock_of(entry)
        try:
            return None if lock is None else self._built.folder(lock)
        except EnvironmentBuildError as error:
            raise ImageError(str(error)) from error

    def is_built(self, entry: ImageEntry) -> bool:
        lock = self._lock_of(entry)
        try:
            return lock is None or self._built.is_built(lock)
        except EnvironmentBuildError as error:
            raise ImageError(str(error)) from error

    def get(self, entry: ImageEntry, say: Say = logger.info) -> Environment:
        """Return the environment, building it first when it is not there.

        Raises:
            ImageError: it cannot be built.
        """
        lock = self._lock_of(entry)
        if lock is None:
            return Environment(Path(sys.executable), _interpreter_folders(Path(sys.prefix)))
        try:
            python = self._built.python(lock, say)
        except EnvironmentBuildError as error:
            raise ImageError(str(error)) from error
        return Environment(python, _interpreter_folders(python.parent.parent))

    def remove_unused(self, *, keep_days: float) -> list[str]:
        """Remove environments of earlier locks that nothing has used for some days."""
        locks = [lock for entry in self._registry.entries if (lock := self._lock_of(entry)) is not None]
        return self._built.remove_unused(locks, keep_days=keep_days)

    def _lock_of(self, entry: ImageEntry) -> Lock | None:
        return None if entry.lock is None else Lock(entry.env, self._registry.path(entry.lock))


def _interpreter_folders(prefix: Path) -> tuple[Path, ...]:
    """The environment, and the interpreter installation that it is a view of."""
    python = (prefix / "bin" / "python").resolve()
    base = python.parent.parent
    folders = [prefix]
    if base != prefix and not str(base).startswith("/usr"):
        folders.append(base)
    return tuple(folders)
