"""What cleaning and augmentation are ordered with and what they tell afterwards."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from openbml_formats.operators.operations import Operation
from openbml_formats.records import Problem

DERIVATION_FORMAT = "openbml.derivation/1"
MOST_COPIES = 20
LISTED_EXAMPLES = 24
LISTED_PROBLEMS = 60


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ImageLimits(_Value):
    """What images of the new version must keep to: those of every import."""

    most_bytes: int
    shortest_side: int
    longest_side: int
    aspect_ratio: float | None

    def fault(self, size: tuple[int, int]) -> str | None:
        """Return why an image of that size is not taken, None when it is; sides lie strictly between."""
        longest, shortest = max(size), min(size)
        if not (self.shortest_side < shortest and longest < self.longest_side):
            return f"would have {size[0]}x{size[1]} pixels"
        if self.aspect_ratio is not None and longest > self.aspect_ratio * shortest:
            return f"would have {size[0]}x{size[1]} pixels, more than {self.aspect_ratio:g}:1"
        return None


class _DerivationSettings(_Value):
    """What both kinds of jobs are told.

    Attributes:
        target_version_number: the version that takes what is made, as whoever ordered it keeps it.
    """

    limits: ImageLimits
    target_version_number: int = 0


class CleaningSettings(_DerivationSettings):
    """Operations in the order in which they are done; a sample that one drops is not seen by the next."""

    operations: tuple[Operation, ...] = Field(min_length=1)


class AugmentationSettings(_DerivationSettings):
    """How copies are made.

    Attributes:
        operations: done on each copy in this order.
        probability: with which each operation is done on a copy; at least one is.
        copies: how many new samples are made of one.
        seed: the same seed, samples and operations give the same copies.
        keep_originals: whether the new version has the samples themselves, too.
        least_visible: share of a region's area that must be left for it to be kept.
        labels: only samples with one of these are copied; empty: all.
    """

    operations: tuple[Operation, ...] = Field(min_length=1)
    probability: float = Field(default=1.0, gt=0, le=1)
    copies: int = Field(default=1, ge=1, le=MOST_COPIES)
    seed: int = Field(default=0, ge=0, lt=2**31)
    keep_originals: bool = True
    least_visible: float = Field(default=0.2, ge=0.01, le=1)
    labels: tuple[str, ...] = Field(default=(), max_length=1_000)


class Example(_Value):
    """One sample that was changed or dropped; `made` is the name of the new one."""

    sample_id: int
    name: str
    made: str | None = None
    operations: tuple[str, ...] = ()
    message: str = ""


class OperationCount(_Value):
    code: str
    changed: int = 0
    dropped: int = 0


class DerivationResult(_Value):
    """What became of the samples: `read = unchanged + changed + dropped`; copies come on top.

    Attributes:
        shards: how many lists of samples were written for the new version.
        samples: how many are in them.
        copies: new samples that an augmentation made.
        dropped_regions: objects of which too little was left, by label.
        problems: the first sixty; `problem_counts` counts all, by reason.
    """

    format: str = DERIVATION_FORMAT
    shards: int = 0
    read: int = 0
    samples: int = 0
    unchanged: int = 0
    changed: int = 0
    dropped: int = 0
    copies: int = 0
    operations: Sequence[OperationCount] = ()
    dropped_regions: Mapping[str, int] = Field(default_factory=dict)
    examples: Sequence[Example] = ()
    problems: Sequence[Problem] = ()
    problem_counts: Mapping[str, int] = Field(default_factory=dict)
