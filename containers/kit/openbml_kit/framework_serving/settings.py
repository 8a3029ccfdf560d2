"""The server's settings, from SageMaker's variables and the machine."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from openbml_kit.faults import UserFault
from openbml_kit.places import Places, core_count

_MIB = 1024 * 1024
# A framework and a small model take this much; a model takes about this many times its files.
_LEAST_WORKER_BYTES = 768 * _MIB
_TIMES_ITS_FILES = 4
_SHARE_OF_MEMORY = 0.9
_CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


@dataclass(frozen=True)
class WorkerSettings:
    """How users' code is run.

    Attributes:
        size: how many processes hold the model.
        cores: that one of them may compute on.
        timeout_s: of one prediction; a call waits no longer than that for a process either.
        start_timeout_s: of setting the model up.
        max_waiting: calls that may wait for a process.
        memory_bytes: that one process may take.
    """

    size: int
    cores: int
    timeout_s: float
    start_timeout_s: float
    max_waiting: int
    memory_bytes: int

    @classmethod
    def from_env(cls, folder: Path, env: Mapping[str, str] = os.environ) -> "WorkerSettings":
        """Read the settings for a model's folder.

        Without `SAGEMAKER_MODEL_SERVER_WORKERS` there is one process a core, unless so many copies of the
        model might not fit into the memory.

        Raises:
            UserFault: a variable has no usable value.
        """
        cores, memory_bytes = core_count(env), machine_memory_bytes()
        files_bytes = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        fitting = int(memory_bytes * _SHARE_OF_MEMORY) // max(
            _LEAST_WORKER_BYTES, files_bytes * _TIMES_ITS_FILES
        )
        size = _whole(env, "SAGEMAKER_MODEL_SERVER_WORKERS", default=max(1, min(cores, fitting)))
        share = int(memory_bytes * _SHARE_OF_MEMORY) // size
        return cls(
            size=size,
            cores=max(1, cores // size),
            timeout_s=_whole(env, "SAGEMAKER_MODEL_SERVER_TIMEOUT", default=60),
            start_timeout_s=600.0,
            max_waiting=32 * size,
            memory_bytes=_whole(env, "OPENBML_WORKER_MEMORY_MB", default=max(1, share // _MIB)) * _MIB,
        )


@dataclass(frozen=True)
class FrameworkServingSettings:
    places: Places
    host: str
    port: int
    workers: WorkerSettings

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> "FrameworkServingSettings":
        """Read the settings.

        Raises:
            UserFault: a variable has no usable value.
        """
        places = Places.from_env(env)
        # Outside a container (SAGEMAKER_BASE_DIR) the machine's network must not see the server.
        host = "127.0.0.1" if env.get("SAGEMAKER_BASE_DIR") else "0.0.0.0"  # noqa: S104 - a container's port
        return cls(
            places=places,
            host=env.get("OPENBML_BIND_HOST") or host,
            port=_whole(env, "SAGEMAKER_BIND_TO_PORT", default=8080),
            workers=WorkerSettings.from_env(places.model, env),
        )


def machine_memory_bytes() -> int:
    """Return the container's memory limit, or the machine's memory where it has none."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for name in _CGROUP_LIMITS:
        path = Path(name)
        if path.is_file() and (text := path.read_text().strip()).isdigit():
            return min(physical, int(text))
    return physical


def _whole(env: Mapping[str, str], name: str, *, default: int) -> int:
    text = env.get(name) or str(default)
    if not text.isdigit() or int(text) < 1:
        raise UserFault(f"{name} is {text!r}; it must be a whole number of at least 1")
    return int(text)
