"""Which inference component on which endpoint answers for a revision of a hosting; looked up once and kept.

A revision that changed only the number of copies has no component of its own: the newest up to it answers.
"""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, ConfigDict

from openbml.compute.errors_sagemaker import busy
from openbml.compute.names import ComputeNames

# That nothing answers, or which revision is the newest, may change: it is looked up again so soon.
_UNSURE_FOR_S = 10.0
_MOST_KEPT = 1000
_ANSWERING = ("InService", "Updating")

Key = tuple[str, int | None]


class ComponentPlace(BaseModel):
    model_config = ConfigDict(frozen=True)

    endpoint: str
    component: str
    revision: int


class ComponentPlaces:
    """Args:
    seconds: a clock that never goes back.
    """

    def __init__(self, client: Any, *, names: ComputeNames, seconds: Callable[[], float]) -> None:
        self._client = client
        self._names = names
        self._seconds = seconds
        self._kept: dict[Key, tuple[ComponentPlace | None, float]] = {}

    def of(self, deployment_id: str, revision: int | None) -> ComponentPlace | None:
        """Return the place, None where no component answers. Raises RuntimeBusyError."""
        key = (deployment_id, revision)
        place, until = self._kept.get(key, (None, 0.0))
        if self._seconds() < until:
            return place
        place = self._found(deployment_id, revision)
        is_sure = place is not None and revision is not None
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[key] = (place, float("inf") if is_sure else self._seconds() + _UNSURE_FOR_S)
        return place

    def forget(self, deployment_id: str) -> None:
        self._kept = {key: kept for key, kept in self._kept.items() if key[0] != deployment_id}

    def _found(self, deployment_id: str, revision: int | None) -> ComponentPlace | None:
        prefix = f"{self._names.endpoint(deployment_id)}-r"
        places = [
            ComponentPlace(
                endpoint=row["EndpointName"],
                component=row["InferenceComponentName"],
                revision=self._names.revision_of(row["InferenceComponentName"]),
            )
            for row in self._rows(prefix)
            if row["InferenceComponentName"].startswith(prefix)
            and row["InferenceComponentStatus"] in _ANSWERING
        ]
        known = [place for place in places if revision is None or place.revision <= revision]
        return max(known, key=lambda place: place.revision, default=None)

    def _rows(self, name_part: str) -> list[dict[str, Any]]:
        try:
            pages = self._client.get_paginator("list_inference_components").paginate(NameContains=name_part)
            return [row for page in pages for row in page["InferenceComponents"]]
        except (ClientError, BotoCoreError) as error:
            raise busy(error) from error
