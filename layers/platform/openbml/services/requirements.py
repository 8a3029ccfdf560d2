"""What must be so before a model version is given machines."""

from openbml.core.errors import InvalidRequestError
from openbml.core.scope import ProjectScope
from openbml.services.collaborators import (
    AllowanceUsedUpError,
    Funds,
    ServableVersion,
    VariantMissingError,
)
from openbml.services.configurations import Configuration
from openbml_catalog.machines import Module, largest_compute_units

MOST_INSTANCES = 50


def configured(
    version: ServableVersion, *, compute_units: int | None, instances: int | None, variant: str
) -> Configuration:
    """Return the version with its machines, or without any.

    Raises:
        VariantMissingError
        InvalidRequestError: only one of units and instances is told, or no machine has so many units.
    """
    if (compute_units is None) != (instances is None):
        missing = "compute_units" if compute_units is None else "instances"
        raise InvalidRequestError(field=missing, reason="compute_units and instances are told together")
    most = largest_compute_units()
    if compute_units is not None and compute_units > most:
        raise InvalidRequestError(field="compute_units", reason=f"at most {most} fit on one machine")
    if variant not in version.variants:
        raise VariantMissingError(
            model_id=version.model_id,
            version_number=version.version_number,
            variant=variant,
            available=", ".join(version.variants),
        )
    return Configuration(
        model_version=version.version_number,
        model_uri=version.model_uri,
        image=version.image,
        compute_units=compute_units,
        instances=instances,
        variant=variant,
    )


def require_means(scope: ProjectScope, machine_type: str, funds: Funds) -> None:
    """Raises AllowanceUsedUpError."""
    if not funds.has_means(scope.account_id, Module.ONLINE_SERVICE, machine_type):
        raise AllowanceUsedUpError(machine_type=machine_type)
