"""Topics: what a connection can follow, and which event belongs to which topic."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope

_TOPIC_FORM = re.compile(r"(?P<kind>[a-z]{1,16})/[A-Za-z0-9_-]{1,64}\Z")

# What it takes to follow a kind of topic.
PERMISSIONS: Mapping[str, str] = {
    "batch": "services.read",
    "datajob": "datasets.read",
    "import": "datasets.read",
    "run": "training.read",
    "search": "training.read",
    "service": "services.read",
}
# Which events are passed on (contracts, section 6), and where their topic's id stands.
_TOPICS: Mapping[tuple[str, str], tuple[str, str]] = {
    ("openbml.datasets", "ImportStateChanged"): ("import", "import_id"),
    ("openbml.datasets", "DataJobStateChanged"): ("datajob", "job_id"),
    ("openbml.training", "RunStateChanged"): ("run", "run_id"),
    ("openbml.training", "RunProgressed"): ("run", "run_id"),
    ("openbml.training", "SearchProgressed"): ("search", "search_id"),
    ("openbml.services", "BatchStateChanged"): ("batch", "batch_id"),
    ("openbml.services", "ServiceStateChanged"): ("service", "service_id"),
}
MOST_MESSAGE_BYTES = 120_000  # API Gateway takes 128 KB in one WebSocket message


class TopicRefusedError(OpenBMLError):
    """The connection may not follow the topic; details: topic, reason."""


class Notice(BaseModel):
    """What a client gets."""

    model_config = ConfigDict(frozen=True)

    topic: str
    type: str
    detail: Mapping[str, Any]
    cut: bool = False

    def text(self) -> str:
        """Return the message; a detail that is too large is left out, and the client asks the API for it."""
        whole = self.model_dump_json()
        if len(whole.encode()) <= MOST_MESSAGE_BYTES:
            return whole
        return self.model_copy(update={"detail": {}, "cut": True}).model_dump_json()


class BusEvent(BaseModel):
    """An event as EventBridge hands it to a queue."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    source: str
    detail: Mapping[str, Any]
    detail_type: str

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "BusEvent":
        return cls.model_validate({**document, "detail_type": document.get("detail-type")})

    def notice(self) -> tuple[ProjectScope, Notice] | None:
        """Return whose notice the event makes; None for an event that nobody can follow."""
        known = _TOPICS.get((self.source, self.detail_type))
        if known is None:
            return None
        kind, field = known
        scope = ProjectScope.model_validate(self.detail["scope"])
        shown = {name: value for name, value in self.detail.items() if name != "scope"}
        return scope, Notice(topic=f"{kind}/{self.detail[field]}", type=self.detail_type, detail=shown)


def require_topic(topic: str, permissions: frozenset[str]) -> None:
    """Check a topic that a client wants to follow.

    Raises:
        TopicRefusedError: it is malformed, unknown, or needs a permission the user lacks.
    """
    form = _TOPIC_FORM.match(topic)
    needed = PERMISSIONS.get(form["kind"]) if form else None
    if needed is None:
        raise TopicRefusedError(topic=topic[:80], reason=f"topics are {', '.join(sorted(PERMISSIONS))}/<id>")
    if needed not in permissions:
        raise TopicRefusedError(topic=topic, reason=f"it takes the permission {needed}")
