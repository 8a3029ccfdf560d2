"""Routes of `/v1/models` (contracts, section 4)."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from openbml.core.clock import utc_now
from openbml.core.http import principal_of
from openbml.core.ids import new_id
from openbml.core.pages import Page
from openbml.core.scope import ProjectScope
from openbml.core.wiring import cursor_codec
from openbml.identity.wiring import authorizer
from openbml.models import publish_versions, read_models
from openbml.models.api_references import ApiReference, api_reference
from openbml.models.publish_versions import ModelRequest, PublishRequest
from openbml.models.read_models import ModelVersionDetail, ModelVersionView, ModelView
from openbml.models.wiring import copy_queue, model_files, models, run_source

router = Router()

_MODELS = "/v1/models/projects/<project_id>/models"
Id = Annotated[int, Path(ge=1, lt=2**53)]
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=2048)]


def _scope(project_id: int, permission: str) -> ProjectScope:
    return authorizer().require(principal_of(router.current_event), project_id, permission).scope


@router.get(_MODELS)
def get_models(project_id: Id, limit: Limit = 50, cursor: Cursor = None) -> Page[ModelView]:
    scope = _scope(project_id, "models.read")
    return read_models.list_models(scope, limit=limit, cursor=cursor, models=models(), cursors=cursor_codec())


@router.post(_MODELS, status_code=HTTPStatus.CREATED)
def post_model(project_id: Id, request: ModelRequest) -> ModelView:
    scope = _scope(project_id, "models.write")
    model = publish_versions.create_model(request, scope=scope, models=models(), new_id=new_id, now=utc_now)
    return read_models.model_view(model)


@router.get(f"{_MODELS}/<model_id>")
def get_model(project_id: Id, model_id: Id) -> ModelView:
    return read_models.model_view(models().get(_scope(project_id, "models.read"), model_id))


@router.get(f"{_MODELS}/<model_id>/versions")
def get_versions(
    project_id: Id, model_id: Id, limit: Limit = 50, cursor: Cursor = None
) -> Page[ModelVersionView]:
    return read_models.list_versions(
        _scope(project_id, "models.read"),
        model_id,
        limit=limit,
        cursor=cursor,
        models=models(),
        cursors=cursor_codec(),
    )


@router.post(f"{_MODELS}/<model_id>/versions", status_code=HTTPStatus.ACCEPTED)
def post_version(project_id: Id, model_id: Id, request: PublishRequest) -> ModelVersionView:
    version = publish_versions.publish_version(
        request,
        scope=_scope(project_id, "models.write"),
        model_id=model_id,
        models=models(),
        runs=run_source(),
        files=model_files(),
        copies=copy_queue(),
        now=utc_now,
    )
    return ModelVersionView.of(version)


@router.get(f"{_MODELS}/<model_id>/versions/<version_number>")
def get_version(project_id: Id, model_id: Id, version_number: Id) -> ModelVersionDetail:
    scope = _scope(project_id, "models.read")
    return ModelVersionDetail.of(models().version(scope, model_id, version_number))


@router.get(f"{_MODELS}/<model_id>/versions/<version_number>/api-reference")
def get_api_reference(project_id: Id, model_id: Id, version_number: Id) -> ApiReference:
    """Tell how a service of the version is called, with the real names of its features."""
    scope = _scope(project_id, "models.read")
    return api_reference(models().version(scope, model_id, version_number))
