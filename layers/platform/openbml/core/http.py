"""The control API's shell: routes in, `{"error": …}` out.

A context's `api.py` makes a powertools `Router`; its function calls `control_api(router)`. Handlers raise
domain errors; this module alone turns them into replies, by the catalogue's table.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response, content_types
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.exceptions import NotFoundError as RouteNotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
)
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel
from pydantic import ValidationError as ModelValidationError

from openbml.core.errors import NotSignedInError, OpenBMLError
from openbml.core.observability import logger
from openbml.core.public_calls import header_of
from openbml.core.scope import Principal
from openbml_catalog.errors import control_error

_MOST_ERRORS = 20
_MOST_CHARACTERS = 200


class ErrorBody(BaseModel):
    """What every failed control call answers (architecture, section 5)."""

    code: str
    message: str
    details: dict[str, Any]
    request_id: str


class ErrorReply(BaseModel):
    error: ErrorBody


class ControlApi(APIGatewayRestResolver):
    """A resolver that takes bodies of JSON only: the validation would read forms, too, or fail on them."""

    def resolve(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        media_type = header_of(event, "content-type").partition(";")[0].strip().lower()
        if not event.get("body") or media_type in ("", content_types.APPLICATION_JSON):
            return super().resolve(event, context)
        reason = f"must be {content_types.APPLICATION_JSON}, not {media_type[:_MOST_CHARACTERS]}"
        request_id = (event.get("requestContext") or {}).get("requestId") or ""
        details = {"field": "Content-Type", "reason": reason}
        return {
            "statusCode": control_error("InvalidRequestError").status,
            "multiValueHeaders": {"Content-Type": [content_types.APPLICATION_JSON]},
            "body": error_body("InvalidRequestError", details, request_id),
            "isBase64Encoded": False,
        }


def control_api(*routers: Router) -> APIGatewayRestResolver:
    """Return a resolver with the routes, validation on, and every error mapped."""
    app = ControlApi(
        enable_validation=True,
        response_validation_error_http_code=HTTPStatus.INTERNAL_SERVER_ERROR,
        json_body_deserializer=parse_body,
    )

    def domain_error(error: OpenBMLError) -> Response[Any]:
        return error_reply(app, type(error).__name__, error.details)

    def request_error(error: RequestValidationError | RequestUnsupportedContentType) -> Response[Any]:
        errors = _plain_errors(error)
        return error_reply(app, "InvalidRequestError", {**errors[0], "errors": errors})

    def model_error(error: ModelValidationError) -> Response[Any]:
        logger.exception("stored or built object is invalid")
        return error_reply(app, "InternalError", {})

    @app.not_found
    def no_route(error: RouteNotFoundError) -> Response[Any]:
        return error_reply(app, "RouteNotFoundError", {"path": app.current_event.path})

    def unexpected(error: Exception) -> Response[Any]:
        logger.exception("unexpected failure")
        return error_reply(app, "InternalError", {})

    app.exception_handler(OpenBMLError)(domain_error)
    app.exception_handler([RequestValidationError, RequestUnsupportedContentType])(request_error)
    app.exception_handler(ModelValidationError)(model_error)
    app.exception_handler(Exception)(unexpected)
    for router in routers:
        app.include_router(router)
    return app


def parse_body(text: str) -> Any:
    """Return the JSON document; what Python's parser lets through but no store takes is not JSON either.

    Raises:
        json.JSONDecodeError: not JSON, nested too deeply, a number of thousands of digits, half a character.
    """
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
        if "\\ud" in text.lower():
            json.dumps(document, ensure_ascii=False).encode()
    except json.JSONDecodeError:
        raise
    except (ValueError, RecursionError) as error:
        raise json.JSONDecodeError(type(error).__name__, "", 0) from error
    return document


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def error_reply(app: APIGatewayRestResolver, name: str, details: dict[str, Any]) -> Response[Any]:
    request_id = app.current_event.request_context.request_id or ""
    return Response(
        status_code=control_error(name).status,
        content_type=content_types.APPLICATION_JSON,
        body=error_body(name, details, request_id),
    )


def error_body(name: str, details: dict[str, Any], request_id: str) -> str:
    entry = control_error(name)
    error = ErrorBody(code=entry.code, message=entry.text(details), details=details, request_id=request_id)
    return ErrorReply(error=error).model_dump_json()


def principal_of(event: Any) -> Principal:
    """Return who calls, from the request authorizer's context.

    Raises:
        NotSignedInError: the route is reached without the authorizer.
    """
    context = event.request_context.authorizer
    values = (context.raw_event if context else None) or {}
    if "user_id" not in values:
        raise NotSignedInError
    return Principal(
        account_id=int(values["account_id"]),
        user_id=int(values["user_id"]),
        email=values["email"],
        is_owner=values.get("is_owner") == "true",
    )


def no_content() -> Response[str]:
    """Answer a delete; the body is empty text, since not every proxy in front takes null."""
    return Response(status_code=HTTPStatus.NO_CONTENT, body="")


def _plain_errors(error: RequestValidationError | RequestUnsupportedContentType) -> list[dict[str, str]]:
    """Return where and why, without what was sent: it may be a password or a megabyte."""
    return [{"field": _field(item), "reason": item["msg"]} for item in error.errors()[:_MOST_ERRORS]]


def _field(item: dict[str, Any]) -> str:
    """Return the path inside the body, or the parameter's name."""
    if item["type"] == "json_invalid":
        return "body"
    place, *parts = (str(part) for part in item["loc"])
    return ".".join(parts)[:_MOST_CHARACTERS] or place
