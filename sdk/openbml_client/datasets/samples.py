"""Samples of one dataset version, their annotations and the history of these."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from openbml_client.resources import Document, Resource
from openbml_client.transport import Transport

_PAGE = 200


class Samples(Resource):
    """Samples of one version; an annotation is `{labels, regions, spans, tags}`, as its kind uses them."""

    def __init__(self, transport: Transport, version: str) -> None:
        super().__init__(transport, version)

    def list(
        self,
        *,
        label: str | None = None,
        annotation_state: str | None = None,
        annotation_source: str | None = None,
        name: str | None = None,
        name_prefix: str | None = None,
        min_size_bytes: int | None = None,
        max_size_bytes: int | None = None,
        added_after: datetime | str | None = None,
        added_before: datetime | str | None = None,
        order: str | None = None,
        annotations: bool = False,
        page_size: int = _PAGE,
    ) -> Iterator[Document]:
        """Yield the samples that meet all filters.

        Args:
            annotation_state: labelled | unlabelled.
            annotation_source: imported | human | smart.
            annotations: whether each sample brings its `annotation`.
            page_size: how many are asked for at once, 1 to 200.
        """
        return self._pages(
            "/samples",
            label=label,
            annotation_state=annotation_state,
            annotation_source=annotation_source,
            name=name,
            name_prefix=name_prefix,
            min_size_bytes=min_size_bytes,
            max_size_bytes=max_size_bytes,
            added_after=_moment(added_after),
            added_before=_moment(added_before),
            order=order,
            include="annotation" if annotations else None,
            limit=page_size,
        )

    def count(self, **filters: Any) -> int:
        """Return how many samples meet the filters of `list`."""
        return int(self._get("/samples", **filters, limit=1)["total"])

    def get(self, sample_id: int) -> Document:
        """Return a sample with its annotation and the addresses of its content."""
        return self._get(f"/samples/{sample_id}")

    def delete(self, sample_id: int) -> None:
        self._delete(f"/samples/{sample_id}")

    def next(
        self,
        *,
        after: int | None = None,
        before: int | None = None,
        label: str | None = None,
        annotation_state: str | None = None,
        lease: bool = False,
    ) -> Document | None:
        """Return the sample to work on next, unlabelled ones by default; None at the end.

        Args:
            lease: hold the sample for two minutes, so that others get another.
        """
        reply = self._get(
            "/next-sample",
            after=after,
            before=before,
            label=label,
            annotation_state=annotation_state,
            lease=lease or None,
        )
        sample: Document | None = reply["sample"]
        return sample

    def give_back(self, sample_id: int) -> None:
        """Let go of a sample that `next` leased."""
        self._delete(f"/samples/{sample_id}/lease")

    def annotate(
        self,
        sample_id: int,
        annotation: Mapping[str, Any],
        *,
        expected_revision: int | None = None,
        create_labels: bool = True,
    ) -> Document:
        """Replace a sample's annotation.

        Args:
            expected_revision: the `annotation_revision` that the caller saw; default: the one of now.
            create_labels: whether labels that the version lacks are made.

        Raises:
            ConflictError: somebody else changed it since; it says who and when.
        """
        body = {
            "annotation": dict(annotation),
            "expected_revision": self._revision(sample_id, expected_revision),
            "create_labels": create_labels,
        }
        return self._put(f"/samples/{sample_id}/annotation", body)

    def append(
        self, sample_id: int, annotation: Mapping[str, Any], *, create_labels: bool = True
    ) -> Document:
        """Add to a sample's annotation, whatever it is by now."""
        body = {"annotation": dict(annotation), "create_labels": create_labels}
        return self._post(f"/samples/{sample_id}/annotation", body)

    def clear(self, sample_id: int, *, expected_revision: int | None = None) -> Document:
        """Take the annotation away. Raises ConflictError."""
        revision = self._revision(sample_id, expected_revision)
        return self._delete(f"/samples/{sample_id}/annotation", expected_revision=revision) or {}

    def history(self, sample_id: int) -> Iterator[Document]:
        """Yield the annotation's revisions, the current one first."""
        return self._pages(f"/samples/{sample_id}/history")

    def revision(self, sample_id: int, revision: int) -> Document:
        """Return an earlier annotation."""
        return self._get(f"/samples/{sample_id}/history/{revision}")

    def restore(self, sample_id: int, revision: int, *, expected_revision: int | None = None) -> Document:
        """Take an earlier annotation back, as a new revision. Raises ConflictError."""
        body = {"expected_revision": self._revision(sample_id, expected_revision)}
        return self._post(f"/samples/{sample_id}/history/{revision}/restore", body)

    def annotations(self, **filters: Any) -> Iterator[tuple[Document, Document]]:
        """Yield every sample that meets the filters of `list`, with its annotation."""
        for sample in self.list(**filters, annotations=True):
            yield sample, sample["annotation"]

    def _revision(self, sample_id: int, expected: int | None) -> int:
        return expected if expected is not None else int(self.get(sample_id)["annotation_revision"])


def _moment(value: datetime | str | None) -> str | None:
    return value.astimezone().isoformat() if isinstance(value, datetime) else value
