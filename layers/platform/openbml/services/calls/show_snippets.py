"""Use case: programs that call a service, ready to run once a key pair is filled in."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from pydantic import BaseModel

from openbml.core.scope import ProjectScope
from openbml.services.repositories import ServiceRepository
from openbml_catalog.prediction_apis import PATH
from openbml_catalog.snippets import Snippet, snippets_for


class SnippetList(BaseModel):
    items: Sequence[Snippet]


class ExampleRequests(Protocol):
    """Port to the model repository."""

    def example(self, scope: ProjectScope, model_id: int, version_number: int) -> Mapping[str, Any] | None:
        """Return a request that the version understands; None: its task has no documented one."""


def show_snippets(
    scope: ProjectScope,
    service_id: int,
    *,
    public_url: str,
    services: ServiceRepository,
    examples: ExampleRequests,
) -> SnippetList:
    """Return a program in each language, with the service's address. Raises ServiceNotFoundError."""
    service = services.get(scope, service_id)
    path = PATH.format(segment=service.segment, suffix=service.suffix)
    example = examples.example(scope, service.model_id, service.main.wanted.model_version)
    return SnippetList(
        items=snippets_for(
            service.task_type, host=public_url, address=f"{public_url}{path}", example=example or {}
        )
    )
