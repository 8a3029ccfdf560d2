"""Port: places for single samples.

A chunk of a version and user is open until a thousand samples came into it; to everything else it is the only
chunk of an import that has ended, so that deletion, volume and lineage work as for archives.
"""

from typing import NamedTuple, Protocol

from openbml.datasets.datasets import Dataset, VersionKey
from openbml.datasets.samples import Sample


class Place(NamedTuple):
    """Where a sample is or will be."""

    sample_id: int
    import_id: int


class SampleIntake(Protocol):
    """Port; `tests/contract/datasets/test_adding.py` holds what implementations owe."""

    def holder(self, key: VersionKey, sha256: str) -> Place | None:
        """Return the place whose sample has, or is about to have, the content."""

    def reserve(self, key: VersionKey, *, user_id: int) -> Place:
        """Return a place in the version's open chunk that is nobody else's.

        Raises:
            DatasetVersionNotFoundError: the version is gone, or on its way out.
            DatasetContendedError
        """

    def hold(self, key: VersionKey, sha256: str, *, user_id: int) -> Place:
        """Return the place that holds the content from now on: a new one, or that of who was faster.

        A content that was to be swept is kept from now on.

        Raises:
            ContentBusyError: a sweep is at it in this moment.
        """

    def enter(self, dataset: Dataset, sample: Sample, *, claimed: bool, user_id: int) -> bool:
        """Write an unlabelled sample with all its counts, once; return False when it is there already.

        Args:
            claimed: whether its content was held for its place.

        Raises:
            as `add_sample`.
        """
