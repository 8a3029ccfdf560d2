"""Routes of model imports, below a model."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Query

from openbml.core.clock import utc_now
from openbml.core.http import no_content, principal_of
from openbml.core.ids import new_id
from openbml.core.pages import Page
from openbml.core.wiring import cursor_codec
from openbml.identity.projects import ProjectAccess
from openbml.identity.wiring import authorizer
from openbml.models.api import MODELS, Cursor, Id, Limit
from openbml.models.imports.import_views import (
    ImportCatalogView,
    ModelImportView,
    ModelPartList,
    ModelPartNumbers,
    ModelPartUrlList,
    import_catalog,
    view_with_uploads,
)
from openbml.models.imports.limits import FILES_PER_UPLOAD
from openbml.models.imports.model_imports import ModelImport
from openbml.models.imports.start_imports import ModelImportRequest, start_import
from openbml.models.imports.submit_imports import (
    check_import,
    give_up_import,
    part_urls,
    submit_import,
    uploaded_parts,
)
from openbml.models.wiring import (
    file_sources,
    import_archives,
    import_queue,
    import_uploads,
    model_files,
    model_imports,
    models,
)

router = Router()

_IMPORTS = f"{MODELS}/<model_id>/imports"
_IMPORT = f"{_IMPORTS}/<import_id>"

FileIndex = Annotated[int, Query(ge=0, lt=FILES_PER_UPLOAD)]


def _access(project_id: int, permission: str) -> ProjectAccess:
    return authorizer().require(principal_of(router.current_event), project_id, permission)


def _import(project_id: int, model_id: int, import_id: int, permission: str) -> ModelImport:
    return model_imports().get(_access(project_id, permission).scope, model_id, import_id)


@router.get("/v1/models/projects/<project_id>/import-catalog")
def get_import_catalog(project_id: Id) -> ImportCatalogView:
    """Tell which frameworks' models each task takes, and which files those are."""
    _access(project_id, "models.read")
    return import_catalog()


@router.post(_IMPORTS, status_code=HTTPStatus.CREATED)
def post_model_import(project_id: Id, model_id: Id, request: ModelImportRequest) -> ModelImportView:
    access = _access(project_id, "models.write")
    started = start_import(
        request,
        scope=access.scope,
        model_id=model_id,
        user_id=access.user_id,
        models=models(),
        imports=model_imports(),
        uploads=import_uploads(),
        new_id=new_id,
        now=utc_now,
    )
    return view_with_uploads(started, uploads=import_uploads())


@router.get(_IMPORTS)
def get_model_imports(
    project_id: Id, model_id: Id, limit: Limit = 50, cursor: Cursor = None
) -> Page[ModelImportView]:
    scope = _access(project_id, "models.read").scope
    models().get(scope, model_id)
    purpose = f"model imports {scope.key} {model_id}"
    position = cursor_codec().decode(cursor, purpose=purpose)
    found, following = model_imports().page(scope, model_id, limit=limit, position=position)
    return Page(
        items=[ModelImportView.of(row) for row in found],
        next_cursor=cursor_codec().encode(following, purpose=purpose),
    )


@router.get(_IMPORT)
def get_model_import(project_id: Id, model_id: Id, import_id: Id) -> ModelImportView:
    found = _import(project_id, model_id, import_id, "models.read")
    return view_with_uploads(found, uploads=import_uploads())


@router.get(f"{_IMPORT}/parts")
def get_model_import_parts(project_id: Id, model_id: Id, import_id: Id, file: FileIndex = 0) -> ModelPartList:
    """Tell which parts of a file are stored, so that an upload that broke off goes on."""
    found = _import(project_id, model_id, import_id, "models.write")
    return ModelPartList(items=uploaded_parts(found, file=file, uploads=import_uploads()))


@router.post(f"{_IMPORT}/part-urls")
def post_model_import_part_urls(
    project_id: Id, model_id: Id, import_id: Id, body: ModelPartNumbers
) -> ModelPartUrlList:
    found = _import(project_id, model_id, import_id, "models.write")
    return ModelPartUrlList.of(part_urls(found, body.part_numbers, file=body.file, uploads=import_uploads()))


@router.post(f"{_IMPORT}/check")
def post_model_import_check(project_id: Id, model_id: Id, import_id: Id) -> ModelImportView:
    """Look at the files that were uploaded; what is wrong with each stands in `problems`."""
    checked = check_import(
        _import(project_id, model_id, import_id, "models.write"),
        imports=model_imports(),
        sources=file_sources(),
        uploads=import_uploads(),
        archives=import_archives(),
        now=utc_now,
    )
    return view_with_uploads(checked, uploads=import_uploads())


@router.post(f"{_IMPORT}/submit", status_code=HTTPStatus.ACCEPTED)
def post_model_import_submit(project_id: Id, model_id: Id, import_id: Id) -> ModelImportView:
    """Check once more and make the files the model's next version."""
    submitted = submit_import(
        _import(project_id, model_id, import_id, "models.write"),
        models=models(),
        imports=model_imports(),
        sources=file_sources(),
        uploads=import_uploads(),
        archives=import_archives(),
        files=model_files(),
        orders=import_queue(),
        now=utc_now,
    )
    return ModelImportView.of(submitted)


@router.delete(_IMPORT, status_code=HTTPStatus.NO_CONTENT)
def delete_model_import(project_id: Id, model_id: Id, import_id: Id) -> Response[str]:
    give_up_import(
        _import(project_id, model_id, import_id, "models.write"),
        imports=model_imports(),
        uploads=import_uploads(),
        archives=import_archives(),
    )
    return no_content()
