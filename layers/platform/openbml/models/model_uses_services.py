"""Adapter of `ModelUses`: the repositories of services."""

from collections.abc import Iterator, Mapping, Sequence

from openbml.core.scope import ProjectScope
from openbml.models.model_uses import VersionUse
from openbml.services.batch.batch_predictions import BatchNotFoundError, BatchRepository
from openbml.services.deployed_models import DeployedModels
from openbml.services.deployments import ServiceState
from openbml.services.repositories import ServiceRepository
from openbml.services.services import ServiceNotFoundError
from openbml.services.validation.validations import ValidationRepository

_IDLE = (ServiceState.STOPPED, ServiceState.FAILED)


class ServiceUses:
    def __init__(
        self,
        *,
        deployed: DeployedModels,
        services: ServiceRepository,
        validations: ValidationRepository,
        batches: BatchRepository,
    ) -> None:
        self._deployed = deployed
        self._services = services
        self._validations = validations
        self._batches = batches

    def services_of(self, scope: ProjectScope, model_ids: Sequence[int]) -> Mapping[int, int]:
        return self._deployed.services_of(scope, model_ids)

    def of_versions(self, scope: ProjectScope, model_id: int) -> Sequence[VersionUse]:
        return [
            *self._of_service(scope, model_id),
            *self._of_validations(scope, model_id),
            *self._of_batches(scope, model_id),
        ]

    def _of_service(self, scope: ProjectScope, model_id: int) -> Iterator[VersionUse]:
        service_id = self._deployed.services_of(scope, [model_id]).get(model_id)
        if service_id is None:
            return
        try:
            service = self._services.get(scope, service_id)
        except ServiceNotFoundError:  # deleted since
            return
        if service.state not in _IDLE:
            for number in sorted(service.model_versions):
                yield VersionUse(
                    version_number=number, by=f"service {service.service_id}", service_id=service.service_id
                )

    def _of_validations(self, scope: ProjectScope, model_id: int) -> Iterator[VersionUse]:
        for validation in self._validations.open_in(scope):
            if validation.model_id == model_id:
                yield VersionUse(
                    version_number=validation.model_version, by=f"validation {validation.validation_id}"
                )

    def _of_batches(self, scope: ProjectScope, model_id: int) -> Iterator[VersionUse]:
        for place, batch_id in self._batches.open_everywhere():
            if place != scope:
                continue
            try:
                work = self._batches.get(scope, batch_id).work
            except BatchNotFoundError:  # deleted since
                continue
            if work.model_id == model_id:
                yield VersionUse(version_number=work.model_version, by=f"batch prediction {batch_id}")
