"""Routes of validations: a temporary service of a model version, which ends by itself."""

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Body, Path

from openbml.compute.wiring import compute_gateway, invoker
from openbml.core.clock import utc_now
from openbml.core.http import no_content, principal_of
from openbml.core.ids import new_id
from openbml.core.scope import ProjectScope
from openbml.identity.wiring import authorizer
from openbml.services.validation import validate_versions
from openbml.services.validation.validate_versions import ValidationRequest, ValidationView
from openbml.services.validation.wiring import validations
from openbml.services.wiring import versions

router = Router()

_VALIDATIONS = "/v1/services/projects/<project_id>/validations"
_VALIDATION = f"{_VALIDATIONS}/<validation_id>"
Id = Annotated[int, Path(ge=1, lt=2**53)]


def _scope(project_id: int) -> ProjectScope:
    """Validating is part of writing models (spec 03 section 7.8)."""
    return authorizer().require(principal_of(router.current_event), project_id, "models.write").scope


@router.post(_VALIDATIONS, status_code=HTTPStatus.ACCEPTED)
def post_validation(project_id: Id, request: ValidationRequest) -> ValidationView:
    return validate_versions.start_validation(
        request,
        scope=_scope(project_id),
        validations=validations(),
        versions=versions(),
        hostings=compute_gateway(),
        new_id=new_id,
        now=utc_now,
    )


@router.get(_VALIDATION)
def get_validation(project_id: Id, validation_id: Id) -> ValidationView:
    return validate_versions.read_validation(
        _scope(project_id),
        validation_id,
        validations=validations(),
        hostings=compute_gateway(),
        now=utc_now,
    )


@router.post(f"{_VALIDATION}/predict")
def post_validation_predict(
    project_id: Id, validation_id: Id, document: Annotated[dict[str, Any], Body()]
) -> dict[str, Any]:
    return validate_versions.ask_validation(
        document,
        scope=_scope(project_id),
        validation_id=validation_id,
        validations=validations(),
        invoker=invoker(),
        now=utc_now,
    )


@router.delete(_VALIDATION, status_code=HTTPStatus.NO_CONTENT)
def delete_validation(project_id: Id, validation_id: Id) -> Response[Any]:
    validate_versions.end_validation(
        _scope(project_id), validation_id, validations=validations(), hostings=compute_gateway(), now=utc_now
    )
    return no_content()
