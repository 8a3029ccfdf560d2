"""Which files a framework's model consists of, as data: told by name here, by content in the repository."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

FileKind = Literal[
    "any",
    "paddle_program",
    "paddle_pir",
    "paddle_parameters",
    "saved_model",
    "torch_weights",
    "pickled",
    "boosted_trees",
    "onnx",
    "openbml_manifest",
    "mlmodel",
    "zip",
]


class FilePart(BaseModel):
    """One file, or some, that a layout needs.

    Attributes:
        names: patterns of the file's path below the model's folder; `*` stays within a folder.
        kind: what the content must be.
        loaded: the framework is told this file, or with `.` in `loads` its folder.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    names: Sequence[str] = Field(min_length=1)
    kind: FileKind
    loaded: bool = False

    def fits(self, name: str) -> bool:
        return any(_fits(name, pattern) for pattern in self.names)


class Layout(BaseModel):
    """One way in which a model may lie in a folder.

    Attributes:
        loads: `file`: the framework loads the file of the loaded part; `folder`: the folder it lies in.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    parts: Sequence[FilePart] = Field(min_length=1)
    loads: Literal["file", "folder"] = "file"

    @property
    def text(self) -> str:
        return " + ".join(" or ".join(part.names) for part in self.parts)


def _fits(name: str, pattern: str) -> bool:
    """Tell whether a path ends in the pattern, folder by folder."""
    folders, wanted = name.split("/"), pattern.split("/")
    ends = folders[-len(wanted) :]
    return len(ends) == len(wanted) and all(map(fnmatchcase, ends, wanted))
