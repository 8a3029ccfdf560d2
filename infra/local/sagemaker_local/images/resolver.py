"""From the address of an image to what runs it here."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sagemaker_local.images.environments import Environment, Environments
from sagemaker_local.images.registry import ImageEntry, ImageError, ImageRegistry
from sagemaker_local.processes.docker import DOCKER, IMAGE_ENTRY_POINT, DockerClient, DockerError
from sagemaker_local.processes.job_environment import Runtime
from sagemaker_local.processes.overlay import PackageSource

Command = Literal["train", "serve", "process", "app"]


@dataclass(frozen=True)
class Images:
    """Blocking; used from worker threads."""

    registry: ImageRegistry
    environments: Environments
    packages: PackageSource | None = None
    docker: DockerClient | None = None  # mode docker: any image, as it is
    refusal: str | None = None  # why code that users bring does not run here; None when it may

    def runtime(self, image: str, command: Command | None, *, brings_code: bool = False) -> Runtime:
        """Return the runtime of an image, its environment built on first use.

        Args:
            image: an address as it stands in a request.
            command: what the image must be able to do; None when the request brings its own entry point.
            brings_code: the request has code of a user for the image's entry point.

        Raises:
            ImageError: the image is not mapped, has no such command, or runs users' code where that
                would not be isolated.
        """
        if self.docker is not None:
            return self._container(image, self.docker)
        entry = self.registry.find(image)
        if command is None or brings_code or entry.users_code:
            self._check_users_code()
        if command is not None and not entry.command(command):
            raise ImageError(f"image {image} has no {command} command")
        return Runtime(entry, self.environments.get(entry), self.registry, self.packages)

    def _check_users_code(self) -> None:
        """Raises ImageError where code that users bring would see the whole machine."""
        if self.refusal is not None:
            raise ImageError(self.refusal)

    def _container(self, image: str, docker: DockerClient) -> Runtime:
        try:
            docker.provide(image)
        except DockerError as error:
            raise ImageError(f"image {image} cannot be run: {error}") from error
        entry = ImageEntry(
            repository=image,
            env=DOCKER,
            train=(IMAGE_ENTRY_POINT, "train"),
            serve=(IMAGE_ENTRY_POINT, "serve"),
            process=(IMAGE_ENTRY_POINT,),
        )
        return Runtime(entry, Environment(Path("/usr/bin/python3"), ()), self.registry, self.packages, image)
