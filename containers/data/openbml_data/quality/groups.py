"""Groups of equal or similar samples, each around the first of them."""

from openbml_formats.quality import LISTED_GROUPS, LISTED_SAMPLES, Duplicates, SampleGroup, SampleRef


class Groups:
    """Samples by the first that they are like; names are kept of no more than a report lists."""

    def __init__(self) -> None:
        self._members: dict[int, list[SampleRef]] = {}
        self._counts: dict[int, int] = {}
        self._labels: dict[int, frozenset[str]] = {}
        self._differ: set[int] = set()

    def join(
        self, first: SampleRef, sample: SampleRef, first_labels: frozenset[str], labels: frozenset[str]
    ) -> None:
        """Put a sample into the group of `first`; unlabelled ones contradict nobody."""
        key = first.sample_id
        if key not in self._members:
            self._members[key] = [first]
            self._counts[key] = 1
        if len(self._members[key]) < LISTED_SAMPLES:
            self._members[key].append(sample)
        self._counts[key] += 1
        if labels and first_labels and labels != first_labels:
            self._differ.add(key)

    @property
    def contradictions(self) -> int:
        return len(self._differ)

    def duplicates(self) -> Duplicates:
        order = sorted(self._counts, key=lambda key: (key not in self._differ, -self._counts[key], key))
        return Duplicates(
            groups=len(order),
            extra=sum(count - 1 for count in self._counts.values()),
            listed=[
                SampleGroup(
                    count=self._counts[key], samples=self._members[key], labels_differ=key in self._differ
                )
                for key in order[:LISTED_GROUPS]
            ],
        )

    def contradicting(self) -> list[SampleRef]:
        """Return the samples of groups whose labels differ, as far as a finding lists them."""
        return [sample for key in sorted(self._differ) for sample in self._members[key]][:LISTED_SAMPLES]
