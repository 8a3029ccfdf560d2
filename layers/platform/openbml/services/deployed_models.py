"""Which models have a service: a port for whoever needs to know of many at once."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from openbml.core.scope import ProjectScope


class DeployedModels(Protocol):
    """Port; `tests/contract/models/test_model_uses.py` holds what implementations owe."""

    def services_of(self, scope: ProjectScope, model_ids: Sequence[int]) -> Mapping[int, int]:
        """Return the id of the service of each model that has one, whatever its state."""
