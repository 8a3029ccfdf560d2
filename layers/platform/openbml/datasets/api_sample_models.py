"""Replies about samples."""

from collections.abc import Mapping, Sequence

from pydantic import AwareDatetime

from openbml.core.scope import ProjectScope
from openbml.datasets.api_models import Reply
from openbml.datasets.samples import AnnotationSource, Sample
from openbml.datasets.stored_objects import ObjectStore, blob_key, thumbnail_key
from openbml_formats.annotations import Annotation


class LabelRef(Reply):
    name: str


class SampleView(Reply):
    """A sample; `content_url` and `thumbnail_url` only where it is a file, the annotation where asked for."""

    sample_id: int
    name: str
    texts: Sequence[str]
    labels: Sequence[LabelRef]
    label_counts: Mapping[str, int]
    labelled: bool
    annotation_revision: int
    annotation_source: AnnotationSource | None
    annotated_by: int | None
    annotated_at: AwareDatetime | None
    width: int
    height: int
    duration_ms: int
    size_bytes: int
    sha256: str
    extension: str
    import_id: int
    added_at: AwareDatetime | None
    content_url: str | None
    thumbnail_url: str | None
    annotation: Annotation | None = None

    @classmethod
    def of(
        cls, sample: Sample, scope: ProjectScope, store: ObjectStore, annotation: Annotation | None = None
    ) -> "SampleView":
        return cls.model_validate(_fields(sample, scope, store, annotation))


class SampleDetail(SampleView):
    image_url: str | None

    @classmethod
    def whole(
        cls, sample: Sample, scope: ProjectScope, store: ObjectStore, annotation: Annotation
    ) -> "SampleDetail":
        fields = _fields(sample, scope, store, annotation)
        return cls.model_validate({**fields, "image_url": fields["content_url"] if sample.width else None})


class SamplePage(Reply):
    """One page; `total` counts all samples of the filter."""

    items: Sequence[SampleView]
    next_cursor: str | None
    total: int


_SHOWN = frozenset(SampleView.model_fields) & frozenset(Sample.model_fields)


def _fields(
    sample: Sample, scope: ProjectScope, store: ObjectStore, annotation: Annotation | None
) -> dict[str, object]:
    shown = {name: getattr(sample, name) for name in _SHOWN}
    has_file = not sample.texts
    return {
        **shown,
        "annotation": annotation,
        "annotation_source": sample.annotation_source if sample.labelled else None,
        "labels": [LabelRef(name=name) for name in sample.labels],
        "content_url": store.url(blob_key(scope, sample.sha256)) if has_file else None,
        "thumbnail_url": store.url(thumbnail_key(scope, sample.sha256))
        if has_file and sample.width
        else None,
    }
