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
from openbml.models import delete_models, manage_models, publish_versions, read_models
from openbml.models.api_references import ApiReference, api_reference
from openbml.models.manage_models import ModelChanges, VersionChanges
from openbml.models.publish_versions import ModelRequest, PublishRequest
from openbml.models.read_models import ModelVersionDetail, ModelVersionView, ModelView
from openbml.models.sources import ModelSource
from openbml.models.wiring import copy_queue, deletion_queue, model_files, model_uses, models, run_source

router = Router()

MODELS = "/v1/models/projects/<project_id>/models"
Id = Annotated[int, Path(ge=1, lt=2**53)]
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=2048)]
TaskType = Annotated[str | None, Query(max_length=50)]


def _scope(project_id: int, permission: str) -> ProjectScope:
    return authorizer().require(principal_of(router.current_event), project_id, permission).scope


@router.get(MODELS)
def get_models(
    project_id: Id,
    task: TaskType = None,
    source: ModelSource | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ModelView]:
    return read_models.list_models(
        _scope(project_id, "models.read"),
        task_type=task,
        source=source,
        limit=limit,
        cursor=cursor,
        models=models(),
        uses=model_uses(),
        cursors=cursor_codec(),
    )


@router.post(MODELS, status_code=HTTPStatus.CREATED)
def post_model(project_id: Id, request: ModelRequest) -> ModelView:
    scope = _scope(project_id, "models.write")
    model = publish_versions.create_model(request, scope=scope, models=models(), new_id=new_id, now=utc_now)
    return read_models.model_view(model, uses=model_uses())


@router.get(f"{MODELS}/<model_id>")
def get_model(project_id: Id, model_id: Id) -> ModelView:
    model = models().get(_scope(project_id, "models.read"), model_id)
    return read_models.model_view(model, uses=model_uses())


@router.patch(f"{MODELS}/<model_id>")
def patch_model(project_id: Id, model_id: Id, changes: ModelChanges) -> ModelView:
    scope = _scope(project_id, "models.write")
    model = manage_models.change_model(changes, scope=scope, model_id=model_id, models=models())
    return read_models.model_view(model, uses=model_uses())


@router.delete(f"{MODELS}/<model_id>", status_code=HTTPStatus.ACCEPTED)
def delete_model(project_id: Id, model_id: Id) -> ModelView:
    """Delete a model with all its versions; refused while it has a service. It is gone a minute later."""
    model = delete_models.delete_model(
        _scope(project_id, "models.write"),
        model_id,
        models=models(),
        uses=model_uses(),
        deletions=deletion_queue(),
    )
    return read_models.model_view(model, uses=model_uses())


@router.get(f"{MODELS}/<model_id>/versions")
def get_versions(
    project_id: Id, model_id: Id, limit: Limit = 50, cursor: Cursor = None
) -> Page[ModelVersionView]:
    return read_models.list_versions(
        _scope(project_id, "models.read"),
        model_id,
        limit=limit,
        cursor=cursor,
        models=models(),
        uses=model_uses(),
        cursors=cursor_codec(),
    )


@router.post(f"{MODELS}/<model_id>/versions", status_code=HTTPStatus.ACCEPTED)
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


@router.get(f"{MODELS}/<model_id>/versions/<version_number>")
def get_version(project_id: Id, model_id: Id, version_number: Id) -> ModelVersionDetail:
    scope = _scope(project_id, "models.read")
    return read_models.version_view(models().version(scope, model_id, version_number), uses=model_uses())


@router.patch(f"{MODELS}/<model_id>/versions/<version_number>")
def patch_version(
    project_id: Id, model_id: Id, version_number: Id, changes: VersionChanges
) -> ModelVersionDetail:
    version = manage_models.describe_version(
        changes,
        scope=_scope(project_id, "models.write"),
        model_id=model_id,
        version_number=version_number,
        models=models(),
    )
    return read_models.version_view(version, uses=model_uses())


@router.delete(f"{MODELS}/<model_id>/versions/<version_number>", status_code=HTTPStatus.ACCEPTED)
def delete_version(project_id: Id, model_id: Id, version_number: Id) -> ModelVersionView:
    """Delete a version; refused while a service, a validation or a batch prediction uses it."""
    version = delete_models.delete_version(
        _scope(project_id, "models.write"),
        model_id,
        version_number,
        models=models(),
        uses=model_uses(),
        deletions=deletion_queue(),
    )
    return ModelVersionView.of(version)


@router.get(f"{MODELS}/<model_id>/versions/<version_number>/api-reference")
def get_api_reference(project_id: Id, model_id: Id, version_number: Id) -> ApiReference:
    """Tell how a service of the version is called, with the real names of its features."""
    scope = _scope(project_id, "models.read")
    return api_reference(models().version(scope, model_id, version_number))
