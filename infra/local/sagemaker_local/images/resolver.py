"""From the address of an image to what runs it here."""

from dataclasses import dataclass
from typing import Literal

from sagemaker_local.images.environments import Environments
from sagemaker_local.images.registry import ImageError, ImageRegistry
from sagemaker_local.processes.job_environment import Runtime

Command = Literal["train", "serve", "process", "app"]


@dataclass(frozen=True)
class Images:
    """Blocking; used from worker threads."""

    registry: ImageRegistry
    environments: Environments
    #: Why code that users bring does not run here; None when it may.
    refusal: str | None = None

    def runtime(self, image: str, command: Command | None) -> Runtime:
        """Return the runtime of an image, its environment built on first use.

        Args:
            image: an address as it stands in a request.
            command: what the image must be able to do; None when the request brings its own entry point.

        Raises:
            ImageError: the image is not mapped, has no such command, or runs users' code where that
                would not be isolated.
        """
        entry = self.registry.find(image)
        if command is None or entry.users_code:
            self.check_users_code()
        if command is not None and not entry.command(command):
            raise ImageError(f"image {image} has no {command} command")
        return Runtime(entry, self.environments.get(entry), self.registry)

    def check_users_code(self) -> None:
        """Raises ImageError where code that users bring would see the whole machine."""
        if self.refusal is not None:
            raise ImageError(self.refusal)
