"""Routes that tell more of versions: comparison, lineage, model card, exports."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Query

from openbml.core.clock import utc_now
from openbml.core.http import principal_of
from openbml.core.ids import new_id
from openbml.core.scope import ProjectScope
from openbml.identity.wiring import authorizer
from openbml.models.api import MODELS, Id
from openbml.models.compare_versions import VersionComparison, compare_versions
from openbml.models.exports.export_versions import ModelExportView, export_view, read_export, start_export
from openbml.models.model_cards import ModelCard, model_card
from openbml.models.version_lineage import VersionLineage, version_lineage
from openbml.models.wiring import (
    export_queue,
    model_exports,
    model_uses,
    models,
    run_records,
    version_archives,
)

router = Router()

_VERSION = f"{MODELS}/<model_id>/versions/<version_number>"
Numbers = Annotated[str, Query(min_length=1, max_length=100, description="version numbers with commas")]


def _scope(project_id: int, permission: str) -> ProjectScope:
    return authorizer().require(principal_of(router.current_event), project_id, permission).scope


@router.get(f"{MODELS}/<model_id>/comparison")
def get_version_comparison(project_id: Id, model_id: Id, versions: Numbers) -> VersionComparison:
    scope = _scope(project_id, "models.read")
    return compare_versions(scope, model_id, versions, models=models())


@router.get(f"{_VERSION}/lineage")
def get_version_lineage(project_id: Id, model_id: Id, version_number: Id) -> VersionLineage:
    return version_lineage(
        _scope(project_id, "models.read"),
        model_id,
        version_number,
        models=models(),
        runs=run_records(),
        uses=model_uses(),
    )


@router.get(f"{_VERSION}/card")
def get_model_card(project_id: Id, model_id: Id, version_number: Id) -> ModelCard:
    scope = _scope(project_id, "models.read")
    return model_card(scope, model_id, version_number, models=models(), runs=run_records())


@router.post(f"{_VERSION}/exports", status_code=HTTPStatus.ACCEPTED)
def post_model_export(project_id: Id, model_id: Id, version_number: Id) -> ModelExportView:
    """Pack the version as an MLflow model; the archive stays for six days."""
    export = start_export(
        _scope(project_id, "models.read"),
        model_id,
        version_number,
        models=models(),
        exports=model_exports(),
        orders=export_queue(),
        new_id=new_id,
        now=utc_now,
    )
    return export_view(export, archives=version_archives(), now=utc_now)


@router.get(f"{_VERSION}/exports/<export_id>")
def get_model_export(project_id: Id, model_id: Id, version_number: Id, export_id: Id) -> ModelExportView:
    scope = _scope(project_id, "models.read")
    export = read_export(scope, model_id, version_number, export_id, exports=model_exports())
    return export_view(export, archives=version_archives(), now=utc_now)
