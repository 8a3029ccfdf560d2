"""File systems of the cloud that are folders here (setting ``SML_FILE_SYSTEMS``)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class FileSystemError(Exception):
    """The file system or its folder is not there; the message is for the user."""


@dataclass(frozen=True)
class FileSystems:
    folders: Mapping[str, Path]

    def folder(self, source: Mapping[str, Any]) -> Path:
        """Return the folder that a ``FileSystemDataSource`` names.

        Raises:
            FileSystemError: it is not configured, or the path leads out of it.
        """
        name = source["FileSystemId"]
        root = self.folders.get(name)
        if root is None:
            raise FileSystemError(
                f"The file system {name} is not known to sagemaker-local; name its folder with "
                f"SML_FILE_SYSTEMS={name}=/path"
            )
        path = str(source["DirectoryPath"])
        folder = (root / path.lstrip("/")).resolve()
        if not folder.is_relative_to(root.resolve()):
            raise FileSystemError(f"DirectoryPath {path} leads out of the file system {name}.")
        if not folder.is_dir():
            raise FileSystemError(f"DirectoryPath {path} is no folder of the file system {name}.")
        return folder


def parse_file_systems(text: str) -> dict[str, Path]:
    """Read ``fs-1=/path,fs-2=/path``; raises ValueError."""
    found: dict[str, Path] = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        name, equals, path = part.partition("=")
        if not equals or not name.startswith("fs-") or not Path(path).is_absolute():
            raise ValueError(f"{part!r} is not fs-id=/absolute/path")
        found[name] = Path(path)
    return found
