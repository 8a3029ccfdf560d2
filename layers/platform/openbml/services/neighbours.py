"""Adapters of the ports to other contexts: the model repository, metering and identity."""

from openbml.core.clock import Clock
from openbml.core.scope import ProjectScope
from openbml.metering.ledger import Ledger
from openbml.metering.record_usages import Accounts, allowance_left
from openbml.models.models import ModelRepository
from openbml.models.sources import ModelSource
from openbml.models.versions import VersionState
from openbml.services.collaborators import (
    ServableVersion,
    VersionNotDeployableError,
    VersionNotReadyError,
)
from openbml_catalog.machines import Module


class RepositoryVersions:
    def __init__(self, models: ModelRepository) -> None:
        self._models = models

    def get(self, scope: ProjectScope, model_id: int, version_number: int) -> ServableVersion:
        version = self._models.version(scope, model_id, version_number)
        if version.state is not VersionState.READY:
            raise VersionNotReadyError(model_id=model_id, version_number=version_number, state=version.state)
        if self._models.get(scope, model_id).deleting:
            state = VersionState.DELETING
            raise VersionNotReadyError(model_id=model_id, version_number=version_number, state=state)
        if version.image is None or "cloud" not in version.deployments:
            raise VersionNotDeployableError(
                model_id=model_id,
                version_number=version_number,
                framework=version.framework,
                deployments=", ".join(version.deployments) or "no deployment",
            )
        return ServableVersion(
            model_id=model_id,
            version_number=version_number,
            task_type=version.task_type,
            model_uri=version.model_uri,
            image=version.image,
            is_tuned=version.source is ModelSource.PRESET,
            variants=tuple(row.precision for row in version.variants) or ("fp32",),
        )


class MeteredFunds:
    def __init__(self, *, accounts: Accounts, ledger: Ledger, now: Clock) -> None:
        self._accounts = accounts
        self._ledger = ledger
        self._now = now

    def has_means(self, account_id: int, module: Module, machine: str) -> bool:
        if self._accounts.has_paid_billing(account_id):
            return True
        return allowance_left(account_id, module, machine, ledger=self._ledger, now=self._now) > 0
