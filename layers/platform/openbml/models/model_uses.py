"""What uses a model: others own that knowledge (services, validations, batch predictions); the port to it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope


class ModelInUseError(OpenBMLError):
    """A service, a validation or a batch prediction needs it; details: model_id, by."""


class VersionInUseError(OpenBMLError):
    """A service, a validation or a batch prediction needs it; details: model_id, version_number, by."""


class VersionUse(BaseModel):
    """Attributes:
    by: who uses it, as people read it: `service 12`.
    service_id: where it is a service.
    """

    model_config = ConfigDict(frozen=True)

    version_number: int
    by: str
    service_id: int | None = None


class ModelUses(Protocol):
    """Port; `tests/contract/models/test_model_uses.py` holds what implementations owe."""

    def services_of(self, scope: ProjectScope, model_ids: Sequence[int]) -> Mapping[int, int]:
        """Return the service of each model that has one, in whatever state it is."""

    def of_versions(self, scope: ProjectScope, model_id: int) -> Sequence[VersionUse]:
        """Return what uses which version now: nothing of a service that is stopped or failed."""


def require_unused_version(
    scope: ProjectScope, model_id: int, version_number: int, *, uses: ModelUses
) -> None:
    """Raises VersionInUseError."""
    for use in uses.of_versions(scope, model_id):
        if use.version_number == version_number:
            raise VersionInUseError(model_id=model_id, version_number=version_number, by=use.by)


def require_unused_model(scope: ProjectScope, model_id: int, *, uses: ModelUses) -> None:
    """A model with a service is in use even while that is stopped. Raises ModelInUseError."""
    service_id = uses.services_of(scope, [model_id]).get(model_id)
    if service_id is not None:
        raise ModelInUseError(model_id=model_id, by=f"service {service_id}")
    for use in uses.of_versions(scope, model_id):
        raise ModelInUseError(model_id=model_id, by=use.by)
