"""Bulk operations: one action on all samples of a filter, carried out by the platform."""

from collections.abc import Iterator, Mapping
from typing import Any

from openbml_client.resources import Document, Resource, given
from openbml_client.transport import Transport
from openbml_client.waiting import Show, succeeded, wait_until

FINAL_STATES = frozenset({"finished", "failed", "cancelled"})


class Operations(Resource):
    """Bulk operations of one version; one runs at a time."""

    def __init__(self, transport: Transport, version: str) -> None:
        super().__init__(transport, f"{version}/operations")

    def start(
        self,
        action: str,
        *,
        label: str | None = None,
        new_label: str | None = None,
        wanted: Mapping[str, Any] | None = None,
    ) -> Document:
        """Start an action on all samples of a filter.

        Args:
            action: add_label | set_label | remove_label | clear_annotations | delete_samples | rename_label |
                delete_label.
            wanted: which samples, as `Samples.list` filters; none for all samples.
        """
        what = given(kind=action, label=label, new_label=new_label)
        return self._post("", {"action": what, "filter": given(**(wanted or {}))})

    def list(self) -> Iterator[Document]:
        """Yield the operations, the newest first."""
        return self._pages("")

    def get(self, operation_id: int) -> Document:
        return self._get(f"/{operation_id}")

    def cancel(self, operation_id: int) -> Document:
        """Stop an operation; what it has done stays done."""
        return self._post(f"/{operation_id}/cancel")

    def wait(
        self, operation_id: int, *, show: Show = lambda _: None, timeout_s: float | None = None
    ) -> Document:
        """Return the operation when it has ended well. Raises WorkFailedError, WaitTimeoutError."""
        ended = wait_until(lambda: self.get(operation_id), FINAL_STATES, show=show, timeout_s=timeout_s)
        return succeeded(ended, "operation")
