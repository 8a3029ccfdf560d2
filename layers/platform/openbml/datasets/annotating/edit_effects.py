"""What edits change besides their samples: index bits, label counts, the version's counts."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from openbml.datasets.importing.data_imports import LabelDelta
from openbml.datasets.samples import Sample, facets_of


class Change(NamedTuple):
    """One sample before and after an edit; None after its deletion."""

    before: Sample
    after: Sample | None


class IndexBits(NamedTuple):
    """Bits that an index item gains and loses."""

    gained: int = 0
    lost: int = 0

    def applied_to(self, bits: int) -> int:
        return (bits | self.gained) & ~self.lost


class Place(NamedTuple):
    facet: str
    chunk: int


class Effects(NamedTuple):
    """All that some changes do; what stays the same is not in it."""

    bits: Mapping[Place, IndexBits]
    labels: Mapping[str, LabelDelta]
    samples: int
    labelled: int
    size_bytes: int


def effects_of(changes: Sequence[Change]) -> Effects:
    index: dict[Place, IndexBits] = defaultdict(IndexBits)
    labels: dict[str, LabelDelta] = defaultdict(LabelDelta)
    for change in changes:
        _add_index(change, index)
        _add_labels(change, labels)
    return Effects(
        bits=index,
        labels={name: delta for name, delta in labels.items() if delta != LabelDelta()},
        samples=-sum(1 for change in changes if change.after is None),
        size_bytes=-sum(change.before.size_bytes for change in changes if change.after is None),
        labelled=sum(_labelled(change.after) - _labelled(change.before) for change in changes),
    )


def _add_index(change: Change, index: dict[Place, IndexBits]) -> None:
    before = {facet.key for facet in facets_of(change.before)}
    after = {facet.key for facet in facets_of(change.after)} if change.after else set()
    bit = 1 << change.before.ordinal
    for facet in after - before:
        place = Place(facet, change.before.chunk)
        index[place] = index[place]._replace(gained=index[place].gained | bit)
    for facet in before - after:
        place = Place(facet, change.before.chunk)
        index[place] = index[place]._replace(lost=index[place].lost | bit)


def _add_labels(change: Change, labels: dict[str, LabelDelta]) -> None:
    before = change.before.label_counts
    after = change.after.label_counts if change.after else {}
    for name in {*before, *after}:
        was, now = before.get(name, 0), after.get(name, 0)
        labels[name] = LabelDelta(
            samples=labels[name].samples + (now > 0) - (was > 0), objects=labels[name].objects + now - was
        )


def _labelled(sample: Sample | None) -> int:
    return int(sample is not None and sample.labelled)
