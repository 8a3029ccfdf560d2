"""Samples as jobs and snapshots get them: with all that is known of them at that moment."""

from openbml.datasets.samples import Sample
from openbml_formats.annotations import Annotation
from openbml_formats.listings import ListedSample


def listed(sample: Sample, annotation: Annotation) -> ListedSample:
    return ListedSample(
        sample_id=sample.sample_id,
        name=sample.name,
        texts=sample.texts,
        annotation=annotation,
        annotation_source=sample.annotation_source.value,
        extension=sample.extension,
        width=sample.width,
        height=sample.height,
        duration_ms=sample.duration_ms,
        size_bytes=sample.size_bytes,
        sha256=sample.sha256,
    )
