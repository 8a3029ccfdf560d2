"""Jobs that read a whole version: quality reports, cleanings, augmentations; exports are in `exports`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from openbml_client.datasets.background_work import BackgroundWork
from openbml_client.datasets.imports import Imports
from openbml_client.resources import Document
from openbml_client.transport import Transport
from openbml_client.waiting import Show

Operation = Mapping[str, Any]


class QualityReports(BackgroundWork):
    """What a version's samples are like, with findings that tell what to do."""

    route = "quality-reports"
    title = "quality report"

    def create(self, *, similar_distance: int | None = None) -> Document:
        """Start a report.

        Args:
            similar_distance: how many of a look's 64 bits may differ between similar images, 0 to 7.
        """
        return self._post("", {} if similar_distance is None else {"similar_distance": similar_distance})

    def document(self, report_id: int) -> Document:
        """Return the finished report."""
        return self._get(f"/{report_id}/document")


class Derivations(BackgroundWork):
    """Jobs that fill a new version; an operation is `{code, parameters}`.

    Args:
        imports_of: gives the imports of another version of the dataset.
    """

    def __init__(self, transport: Transport, version: str, imports_of: Callable[[int], Imports]) -> None:
        super().__init__(transport, version)
        self._imports_of = imports_of

    def wait(self, work_id: int, *, show: Show = lambda _: None, timeout_s: float | None = None) -> Document:
        """Return the job when its new version holds all samples.

        An import of the job's id brings them there once the job has finished.

        Raises:
            WorkFailedError: job or import failed or was cancelled.
            WaitTimeoutError: one of the two takes longer.
        """
        job = super().wait(work_id, show=show, timeout_s=timeout_s)
        target = self._imports_of(int(job["target_version_number"]))
        target.wait(work_id, show=show, timeout_s=timeout_s)
        return job

    def create(self, operations: Sequence[Operation], **settings: Any) -> Document:
        """Start a job; `target_version_number` is the new version."""
        return self._post("", {"operations": [*operations], **settings})

    def preview(
        self, operations: Sequence[Operation], sample_ids: Sequence[int], **settings: Any
    ) -> Sequence[Document]:
        """Return what would become of some samples."""
        body = {"operations": [*operations], "sample_ids": [*sample_ids], **settings}
        items: Sequence[Document] = self._post("/previews", body)["items"]
        return items


class Cleanings(Derivations):
    """Cleanings into a new version; they have no settings."""

    route = "cleanings"
    title = "cleaning"


class Augmentations(Derivations):
    """Augmentations into a new version.

    `settings`: probability, copies, seed, least_visible; of a job also keep_originals and labels.
    """

    route = "augmentations"
    title = "augmentation"
