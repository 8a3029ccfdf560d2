"""Entities in texts: chunks of tags, or spans."""

from collections import Counter
from itertools import pairwise

from openbml_data.quality.distributions import Quantity
from openbml_data.quality.findings import Noted
from openbml_formats.annotations import Span
from openbml_formats.listings import ListedSample
from openbml_formats.quality import LISTED_LABELS, ChunkShare, Finding, FindingSeverity, SequenceQuality
from openbml_formats.tag_schemes import OUTSIDE, TagScheme, chunks, illegal_tag


class SequenceCount:
    def __init__(self, scheme: TagScheme | None) -> None:
        self._scheme = scheme
        self._chunks: Counter[str] = Counter()
        self._samples: Counter[str] = Counter()
        self._lengths: Counter[str] = Counter()
        self._chunk_length, self._sentence_length = Quantity(), Quantity()
        self._illegal, self._overlapping, self._blank, self._uneven = (Noted() for _ in range(4))
        self._tags = self._outside = 0

    def add(self, sample: ListedSample) -> None:
        entities = [(span.label, span.end - span.start) for span in sample.annotation.spans]
        self._judge_spans(sample, sample.annotation.spans)
        if sample.annotation.tags or self._scheme is not None:
            entities += self._tagged(sample)
        for label, length in entities:
            self._chunks[label] += 1
            self._lengths[label] += length
            self._chunk_length.add(length)
        self._samples.update({label for label, _ in entities})

    def _tagged(self, sample: ListedSample) -> list[tuple[str, int]]:
        tags = sample.annotation.tags
        scheme = self._scheme or TagScheme.IOB
        self._sentence_length.add(len(sample.texts))
        self._tags += len(tags)
        self._outside += tags.count(OUTSIDE)
        if tags and len(tags) != len(sample.texts):
            self._uneven.add(sample)
        if illegal_tag(tags, scheme) is not None:
            self._illegal.add(sample)
        return [(chunk.type, chunk.end - chunk.start) for chunk in chunks(tags, scheme)]

    def _judge_spans(self, sample: ListedSample, spans: tuple[Span, ...]) -> None:
        ordered = sorted(spans, key=lambda span: (span.start, span.end))
        if any(after.start < before.end for before, after in pairwise(ordered)):
            self._overlapping.add(sample)
        if any(span.text != span.text.strip() for span in spans):
            self._blank.add(sample)

    def quality(self) -> SequenceQuality:
        return SequenceQuality(
            chunks=sum(self._chunks.values()),
            types=[
                ChunkShare(
                    label=label,
                    chunks=count,
                    samples=self._samples[label],
                    mean_length=self._lengths[label] / count,
                )
                for label, count in self._chunks.most_common(LISTED_LABELS)
            ],
            chunk_length=self._chunk_length.distribution(),
            sentence_length=self._sentence_length.distribution(),
            outside_share=self._outside / self._tags if self._tags else None,
            illegal=self._illegal.count,
            overlapping=self._overlapping.count,
            blank_edges=self._blank.count,
        )

    def findings(self) -> list[Finding]:
        return [
            *self._illegal.finding(
                FindingSeverity.SERIOUS, "tags_illegal", "{count} sentences have tags that the scheme forbids"
            ),
            *self._uneven.finding(
                FindingSeverity.SERIOUS, "tags_uneven", "{count} sentences have not one tag per token"
            ),
            *self._overlapping.finding(
                FindingSeverity.INFO, "spans_overlapping", "{count} texts have entities that overlap",
                advice="Sequence models learn one entity per character.",
            ),
            *self._blank.finding(
                FindingSeverity.WARNING,
                "spans_blank_edges", "{count} texts have entities with blanks at the edge",
                advice="“Trim blanks” does not move entities; correct them.",
            ),
        ]  # fmt: skip
