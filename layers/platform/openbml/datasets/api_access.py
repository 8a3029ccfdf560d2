"""What callers of this context's routes may do: one check for all routes."""

from aws_lambda_powertools.event_handler.api_gateway import Router

from openbml.core.http import principal_of
from openbml.datasets.datasets import VersionKey
from openbml.identity.projects import ProjectAccess
from openbml.identity.wiring import authorizer


def project_access(router: Router, project_id: int, permission: str) -> ProjectAccess:
    """Return what the router's caller may do in a project; refused where the permission is not held."""
    return authorizer().require(principal_of(router.current_event), project_id, permission)


def version_key(
    router: Router, project_id: int, dataset_id: int, version_number: int, permission: str
) -> VersionKey:
    """Return the key of a version in a project whose permission the router's caller holds."""
    return key_within(project_access(router, project_id, permission), dataset_id, version_number)


def key_within(access: ProjectAccess, dataset_id: int, version_number: int) -> VersionKey:
    return VersionKey(scope=access.scope, dataset_id=dataset_id, version_number=version_number)
