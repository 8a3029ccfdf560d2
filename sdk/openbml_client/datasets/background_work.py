"""Work that the platform does in the background, below one version: list, look, wait, cancel."""

from collections.abc import Iterator

from openbml_client.resources import Document, Resource
from openbml_client.transport import Transport
from openbml_client.waiting import Show, succeeded, wait_until

FINAL_STATES = frozenset({"finished", "failed", "cancelled"})


class BackgroundWork(Resource):
    """Work of one sort.

    Attributes:
        route: where it lies below the version.
        title: what people call it.
    """

    route = ""
    title = "job"

    def __init__(self, transport: Transport, version: str) -> None:
        super().__init__(transport, f"{version}/{self.route}")

    def list(self) -> Iterator[Document]:
        """Yield all of it, the newest first."""
        return self._pages("")

    def get(self, work_id: int) -> Document:
        return self._get(f"/{work_id}")

    def cancel(self, work_id: int) -> Document:
        """Stop it; what it has done stays done."""
        return self._post(f"/{work_id}/cancel")

    def wait(self, work_id: int, *, show: Show = lambda _: None, timeout_s: float | None = None) -> Document:
        """Return the work when it has ended well.

        Args:
            show: called with the work as often as it is looked at.

        Raises:
            WorkFailedError: it failed or was cancelled.
            WaitTimeoutError: it takes longer.
        """
        ended = wait_until(lambda: self.get(work_id), FINAL_STATES, show=show, timeout_s=timeout_s)
        return succeeded(ended, self.title)
