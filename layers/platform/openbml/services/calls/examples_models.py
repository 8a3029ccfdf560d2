"""Adapter of `ExampleRequests`: the API references of the model repository."""

from collections.abc import Mapping
from typing import Any

from openbml.core.scope import ProjectScope
from openbml.models.api_references import ApiReferenceMissingError, api_reference
from openbml.models.models import ModelRepository


class ReferencedExamples:
    def __init__(self, models: ModelRepository) -> None:
        self._models = models

    def example(self, scope: ProjectScope, model_id: int, version_number: int) -> Mapping[str, Any] | None:
        try:
            return api_reference(self._models.version(scope, model_id, version_number)).example_request
        except ApiReferenceMissingError:
            return None
