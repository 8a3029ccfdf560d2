"""Which dataset another one may take samples from (spec 02 sections 3.2, 3.3, 4.1, 4.4)."""

from openbml.core.errors import InvalidRequestError
from openbml.datasets.datasets import Dataset
from openbml.datasets.importing.inputs import SourceVersion, Take
from openbml_catalog.datasets import AnnotationForm, Content


def check_source(dataset: Dataset, source: Dataset, wanted: SourceVersion) -> None:
    """Judge a copy from one dataset to another.

    Annotations go to a dataset of the same kind only. Images and sounds without them go to any kind that has
    the same content; texts stay within their annotation type, so that a classification is not fed with texts
    of another task.

    Raises:
        InvalidRequestError: the two do not fit, or labels are chosen where none are taken.
    """
    kind, other = dataset.kind, source.kind
    if kind.content is Content.ROWS is other.content:
        if wanted.take is not Take.ALL or wanted.labels:
            raise InvalidRequestError(field="source", reason="is a table; all of its rows are taken")
        return
    if kind.content is not other.content:
        raise InvalidRequestError(
            field="source", reason=f"holds {other.content.value}; this dataset takes {kind.content.value}"
        )
    if kind.content in (Content.TEXT, Content.PAIR, Content.TOKENS) and (
        kind.annotation_type != other.annotation_type
    ):
        raise InvalidRequestError(
            field="source", reason=f"is of {other.annotation_type}; it must be of {kind.annotation_type}"
        )
    if wanted.take.annotated and kind.code != other.code:
        raise InvalidRequestError(
            field="source", reason=f"is of {other.code}; annotations go to datasets of the same kind only"
        )
    if dataset.tag_scheme is not source.tag_scheme:
        raise InvalidRequestError(
            field="source", reason=f"is tagged in {source.tag_scheme}, this dataset in {dataset.tag_scheme}"
        )
    if not kind.unlabelled_import and not wanted.take.annotated:
        raise InvalidRequestError(
            field="take", reason=f"{kind.annotation_type} takes labelled samples only: all or labelled"
        )
    if wanted.labels and wanted.take is not Take.LABELLED:
        raise InvalidRequestError(field="labels", reason="are chosen for take labelled only")
    if wanted.labels and kind.annotation_form is AnnotationForm.TAGS:
        raise InvalidRequestError(field="labels", reason="cannot be chosen of sequences")
