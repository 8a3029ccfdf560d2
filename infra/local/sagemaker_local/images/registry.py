"""The image registry: from an image address to what runs it here."""

import fnmatch
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

_IMAGE = re.compile(
    r"(?:(?P<registry>[^/]+[.:][^/]*)/)?(?P<repository>[^:@]+)(?::(?P<tag>[^@]+))?(?:@(?P<digest>.+))?"
)


COMMANDS = ("train", "serve", "process", "app")


class ImageError(Exception):
    """The image has no local environment, or the registry file is wrong."""


class ImageEntry(BaseModel):
    """One entry of the registry file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    repository: str
    env: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    lock: Path | None = None  # none: the interpreter of the engine itself, without extra packages
    paths: tuple[Path, ...] = ()
    train: tuple[str, ...] = ()
    serve: tuple[str, ...] = ()
    process: tuple[str, ...] = ()
    app: tuple[str, ...] = ()
    uri: str | None = None
    binds_port: bool = True  # its server listens on SAGEMAKER_BIND_TO_PORT; else it gets a network of its own
    users_code: bool = False  # it runs what users bring, so it needs isolation

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if not any(self.command(name) for name in COMMANDS):
            raise ValueError(f"an image needs at least one command of {', '.join(COMMANDS)}")
        return self

    def command(self, name: str) -> tuple[str, ...]:
        return {"train": self.train, "serve": self.serve, "process": self.process, "app": self.app}[name]


class _RegistryFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    images: tuple[ImageEntry, ...]


@dataclass(frozen=True)
class ImageRegistry:
    entries: tuple[ImageEntry, ...]
    base: Path

    def find(self, image: str) -> ImageEntry:
        """Return the entry for an image address: exact URI first, then repository name."""
        for entry in self.entries:
            if entry.uri == image:
                return entry
        parsed = _IMAGE.fullmatch(image)
        repository = parsed["repository"] if parsed else image
        for entry in self.entries:
            if fnmatch.fnmatchcase(repository, entry.repository):
                return entry
        raise ImageError(f"image {image} has no local environment")

    def path(self, relative: Path) -> Path:
        return (self.base / relative).resolve()


def load_registry(file: Path, base: Path) -> ImageRegistry:
    try:
        content = _RegistryFile.model_validate(yaml.safe_load(file.read_text()))
    except FileNotFoundError as error:
        raise ImageError(f"the image registry {file} does not exist (setting SML_IMAGES)") from error
    except (yaml.YAMLError, ValidationError) as error:
        raise ImageError(f"the image registry {file} is not valid: {error}") from error
    return ImageRegistry(content.images, base)
