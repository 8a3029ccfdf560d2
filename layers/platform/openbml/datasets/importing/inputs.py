"""What imports take in: files that people upload, or another dataset version (spec 02 sections 3.2, 3.3)."""

import math
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from openbml.core.scope import ProjectScope
from openbml.datasets.datasets import VersionKey
from openbml.datasets.limits import MIB, PART_BYTES, PARTS


class ImportFile(BaseModel):
    """One file of an import, a multipart upload of its own."""

    model_config = ConfigDict(frozen=True)

    name: str
    size_bytes: int
    upload_id: str

    @property
    def part_size_bytes(self) -> int:
        return part_size_bytes(self.size_bytes)

    @property
    def part_count(self) -> int:
        return math.ceil(self.size_bytes / self.part_size_bytes)

    def part_length(self, number: int) -> int:
        return min(self.part_size_bytes, self.size_bytes - (number - 1) * self.part_size_bytes)


def part_size_bytes(size_bytes: int) -> int:
    """Return a part size of whole MiB with which a file has at most `PARTS` parts."""
    return max(PART_BYTES, math.ceil(size_bytes / PARTS / MIB) * MIB)


class Take(StrEnum):
    """What an import takes of another dataset version (spec 02 section 3.3; `all` is ours).

    `all` and `labelled` bring the annotations along, the others leave them.
    """

    ALL = "all"
    LABELLED = "labelled"
    UNLABELLED = "unlabelled"
    WITHOUT_ANNOTATIONS = "without_annotations"

    @property
    def annotated(self) -> bool:
        return self in (Take.ALL, Take.LABELLED)


class SourceVersion(BaseModel):
    """The dataset version an import copies from; `labels` are those wanted, none means all of them."""

    model_config = ConfigDict(frozen=True)

    dataset_id: int
    version_number: int
    take: Take
    labels: tuple[str, ...] = ()

    def key(self, scope: ProjectScope) -> VersionKey:
        return VersionKey(scope=scope, dataset_id=self.dataset_id, version_number=self.version_number)
