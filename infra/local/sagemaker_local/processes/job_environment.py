"""The variables and the visible folders of a job's process. Nothing is inherited from the server."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sagemaker_local.images.environments import Environment
from sagemaker_local.images.registry import ImageEntry, ImageRegistry
from sagemaker_local.processes.docker import IMAGE_VARIABLE
from sagemaker_local.processes.launcher import Mount
from sagemaker_local.processes.modes import NAMESPACES
from sagemaker_local.processes.orphans import RUN_VARIABLE
from sagemaker_local.processes.overlay import Overlay, PackageSource

_OPT_ML = "/opt/ml"


@dataclass(frozen=True)
class Place:
    """Where a process finds its tree: really at /opt/ml, or elsewhere with a variable that says so."""

    mode: str
    run_dir: Path
    root: Path

    @property
    def opt_ml(self) -> str:
        return _OPT_ML if self.mode == NAMESPACES else str(self.root)

    @property
    def temporary(self) -> Path:
        return self.run_dir / "tmp"

    def rewrite(self, argument: str) -> str:
        """``base-dir`` mode: literal /opt/ml in a command means this tree."""
        return argument if self.mode == NAMESPACES else argument.replace(_OPT_ML, str(self.root))

    def variables(self) -> dict[str, str]:
        """The tree; that a stop signal reaches every process; that servers are this machine's only."""
        shared = {"SML_SIGNALS_ALL": "1", "OPENBML_BIND_HOST": "127.0.0.1"}
        if self.mode == NAMESPACES:
            return shared | {"HOME": "/tmp", "TMPDIR": "/tmp"}
        return shared | {
            "HOME": str(self.temporary),
            "TMPDIR": str(self.temporary),
            "SAGEMAKER_BASE_DIR": str(self.root),
        }

    def mounts(self, read_only: Sequence[Path]) -> list[Mount]:
        """Parents before children, because mounting a parent hides what lies below it."""
        if self.mode != NAMESPACES:
            return []
        found = [
            Mount(str(self.root), _OPT_ML, read_only=False),
            Mount(str(self.temporary), "/tmp", read_only=False),
            *(Mount(str(path), str(path), read_only=True) for path in read_only),
        ]
        unique = {mount.target: mount for mount in found}
        return sorted(unique.values(), key=lambda mount: mount.target)


@dataclass(frozen=True)
class Runtime:
    """An image entry made concrete: its interpreter, code folders and command."""

    entry: ImageEntry
    environment: Environment
    registry: ImageRegistry
    packages: PackageSource | None = None  # of jobs' own; None: not allowed
    docker_image: str | None = None  # mode docker: this image runs, and nothing of this machine's

    @property
    def code_folders(self) -> list[Path]:
        return [self.registry.path(path) for path in self.entry.paths]

    @property
    def visible(self) -> list[Path]:
        if self.docker_image is not None:
            return []
        more = self.packages.visible if self.packages is not None else ()
        return [*self.environment.visible, *self.code_folders, *more]

    def prepare(self, root: Path) -> None:
        """Make what a job may change of its environment in its tree; blocking."""
        if self.packages is not None and self.docker_image is None:
            Overlay.below(root, _OPT_ML).make(self.environment.python)

    def command(self, words: Sequence[str]) -> list[str]:
        found = []
        for word in words:
            path = self.registry.path(Path(word))
            is_file = not word.startswith("-") and path.is_file()
            found.append(
                str(self.environment.python) if word == "{python}" else str(path) if is_file else word
            )
        return found

    def variables(self, place: Place | None = None) -> dict[str, str]:
        """Of the image, and where packages of the job's own come from if it may bring any.

        With the place of a job that ``prepare`` made ready, its ``python3`` is the one over the image's.
        """
        if self.docker_image is not None:
            packages = self.packages.variables() if self.packages is not None else {}
            return {IMAGE_VARIABLE: self.docker_image, **packages}
        image = self._image_variables()
        if self.packages is None:
            return image
        over = image if place is None else Overlay.below(place.root, place.opt_ml).over(image)
        return over | self.packages.variables()

    def _image_variables(self) -> dict[str, str]:
        return {
            "PATH": f"{self.environment.python.parent}:{os.defpath}:/usr/local/bin",
            "PYTHONPATH": ":".join(str(path) for path in self.code_folders),
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "LANG": "C.UTF-8",
        }


def service_variables(*, region: str, run_id: str) -> dict[str, str]:
    return {"AWS_REGION": region, "AWS_DEFAULT_REGION": region, RUN_VARIABLE: run_id}


def access_variables(*, endpoint_url: str, credentials_url: str, token: str) -> dict[str, str]:
    """How a job with network reaches the emulator, with the role's own short-lived credentials."""
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": credentials_url,
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": token,
    }


def merged(*parts: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in parts:
        found |= part
    return found
