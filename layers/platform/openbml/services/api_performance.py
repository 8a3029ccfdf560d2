"""Routes of the performance preview: how fast a version answers, before it is deployed."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from openbml.compute.wiring import compute_gateway
from openbml.core.clock import utc_now
from openbml.core.http import principal_of
from openbml.core.ids import new_id
from openbml.core.scope import ProjectScope
from openbml.identity.wiring import authorizer
from openbml.services.deploy_services import Variant
from openbml.services.performance import preview_versions
from openbml.services.performance.preview_versions import PerformanceView
from openbml.services.performance.previews import PreviewKey
from openbml.services.performance.wiring import previews
from openbml.services.wiring import versions

router = Router()

_PERFORMANCE = "/v1/services/projects/<project_id>/performance"
Id = Annotated[int, Path(ge=1, lt=2**53)]
ModelId = Annotated[int, Query(ge=1, lt=2**53)]
ModelVersion = Annotated[int, Query(ge=1, lt=10**8)]
Units = Annotated[int | None, Query(ge=1)]
Instances = Annotated[int | None, Query(ge=1, le=50)]


def _scope(project_id: int, permission: str) -> ProjectScope:
    return authorizer().require(principal_of(router.current_event), project_id, permission).scope


@router.get(_PERFORMANCE)
def get_performance(
    project_id: Id,
    model_id: ModelId,
    model_version: ModelVersion,
    variant: Variant = "fp32",
    compute_units: Units = None,
    instances: Instances = None,
) -> PerformanceView:
    return preview_versions.read_performance(
        PreviewKey(model_id=model_id, model_version=model_version, variant=variant),
        scope=_scope(project_id, "services.read"),
        compute_units=compute_units,
        instances=instances,
        previews=previews(),
        versions=versions(),
        now=utc_now,
    )


@router.post(_PERFORMANCE, status_code=HTTPStatus.ACCEPTED)
def post_performance(project_id: Id, request: PreviewKey) -> PerformanceView:
    return preview_versions.start_measuring(
        request,
        scope=_scope(project_id, "services.write"),
        previews=previews(),
        versions=versions(),
        jobs=compute_gateway(),
        new_id=new_id,
        now=utc_now,
    )
