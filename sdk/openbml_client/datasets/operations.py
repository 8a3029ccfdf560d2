"""Bulk operations: one action on all samples of a filter, carried out by the platform."""

from collections.abc import Mapping
from typing import Any

from openbml_client.datasets.background_work import BackgroundWork
from openbml_client.resources import Document, given


class Operations(BackgroundWork):
    """Bulk operations of one version; one runs at a time."""

    route = "operations"
    title = "operation"

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
