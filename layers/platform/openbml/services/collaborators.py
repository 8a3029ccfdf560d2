"""What services need of other contexts: ports."""

from typing import Protocol

from pydantic import BaseModel, ConfigDict

from openbml.compute.hostings import Hosting, HostingRequest
from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope
from openbml_catalog.machines import Module

OWNER_CONTEXT = "services"


class VersionNotReadyError(OpenBMLError):
    """The model version cannot be deployed; details: model_id, version_number, state."""


class VersionNotDeployableError(OpenBMLError):
    """Models of this framework are for other places; details: model_id, version_number, framework, …"""


class VariantMissingError(OpenBMLError):
    """The model version has no such file; details: model_id, version_number, variant, available."""


class AllowanceUsedUpError(OpenBMLError):
    """The free allowance is used up and paid billing is not activated; details: machine_type."""


class ServableVersion(BaseModel):
    """A model version with its files in place; `variants` are their precisions, the evaluated one first.

    Attributes:
        is_tuned: it came out of preset-model tuning: such have a performance curve (spec 03 section 10.1).
    """

    model_config = ConfigDict(frozen=True)

    model_id: int
    version_number: int
    task_type: str
    model_uri: str
    image: str = "serving"
    variants: tuple[str, ...] = ("fp32",)
    is_tuned: bool = False


class ServableVersions(Protocol):
    """Port to the model repository."""

    def get(self, scope: ProjectScope, model_id: int, version_number: int) -> ServableVersion:
        """Raises VersionNotFoundError (models), VersionNotReadyError, VersionNotDeployableError."""


class Hostings(Protocol):
    """Port to compute."""

    def deploy(self, request: HostingRequest) -> Hosting: ...

    def undeploy(self, deployment_id: str) -> Hosting:
        """Raises HostingNotFoundError."""


class Funds(Protocol):
    """Port to metering and identity: what the account may still use."""

    def has_means(self, account_id: int, module: Module, machine: str) -> bool:
        """Tell whether the account pays, or has free minutes left (spec 01, D6)."""
