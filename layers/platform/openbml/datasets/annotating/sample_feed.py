"""The feed of a labelling page: the next sample that wants work, leased so that two people get two."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Protocol

from openbml.core.clock import Clock
from openbml.datasets.annotating.sample_search import (
    SampleFilter,
    SampleIndex,
    ids_backwards,
    ids_of,
    matching_bits,
)
from openbml.datasets.datasets import DatasetVersion, VersionKey
from openbml.datasets.samples import Sample, SampleRepository

LEASE = timedelta(minutes=2)
_LOOKED_AT = 100  # candidates at a time


class LeaseRepository(Protocol):
    def free(self, key: VersionKey, sample_ids: Sequence[int], user_id: int, at: datetime) -> Sequence[int]:
        """Return the samples that nobody but the user holds at that time."""

    def take(self, key: VersionKey, sample_id: int, user_id: int, at: datetime, until: datetime) -> bool:
        """Hold a sample, or hold it longer; False when somebody else does."""

    def give_back(self, key: VersionKey, sample_id: int, user_id: int) -> None:
        """Let go of a sample; harmless when the user does not hold it."""


def neighbour(
    version: DatasetVersion,
    wanted: SampleFilter,
    *,
    beside: int | None,
    backwards: bool,
    index: SampleIndex,
    samples: SampleRepository,
) -> Sample | None:
    """Return the sample that comes next, or before, in the order of ids; None at the end.

    Args:
        beside: where the reader is; the sample need not be there any more, nor match. None: at the start.
    """
    for sample_id in _ids(version, wanted, beside, index, backwards=backwards):
        sample = samples.find(version.scope, [sample_id]).get(sample_id)
        if sample is not None:
            return sample
    return None


def leased_neighbour(
    version: DatasetVersion,
    wanted: SampleFilter,
    *,
    beside: int | None,
    backwards: bool,
    user_id: int,
    index: SampleIndex,
    samples: SampleRepository,
    leases: LeaseRepository,
    now: Clock,
) -> Sample | None:
    """Return what `neighbour` does, but skip samples that others hold, and hold it for two minutes."""
    ids = _ids(version, wanted, beside, index, backwards=backwards)
    while candidates := list(islice(ids, _LOOKED_AT)):
        at = now()
        for sample_id in leases.free(version.key, candidates, user_id, at):
            sample = samples.find(version.scope, [sample_id]).get(sample_id)
            if sample and leases.take(version.key, sample_id, user_id, at, at + LEASE):
                return sample
    return None


def _ids(
    version: DatasetVersion,
    wanted: SampleFilter,
    beside: int | None,
    index: SampleIndex,
    *,
    backwards: bool,
) -> Iterator[int]:
    bits = matching_bits(version, wanted, index=index)
    return ids_backwards(bits, before=beside) if backwards else ids_of(bits, after=beside)
