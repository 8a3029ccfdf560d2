"""The prediction APIs as their users read them: fields, errors, and the address of a service."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict

from openbml_catalog.documents import load_document
from openbml_catalog.errors import Retry, prediction_error
from openbml_catalog.tasks import tasks

PATH = "/rpc/2.0/ai_custom_bml/v1/{segment}/{suffix}"


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ApiField(_Row):
    """A member of a request or an answer; `default` is None where there is none, or the model's own."""

    name: str
    type: str
    required: bool = False
    default: str | None = None
    text_en: str
    text_zh: str


class ApiError(_Row):
    code: int
    message: str
    retry: Retry
    text_en: str
    text_zh: str


class PredictionApi(_Row):
    """What a service of one task is asked and answers."""

    task: str
    path: str
    request: Sequence[ApiField]
    response: Sequence[ApiField]
    errors: Sequence[ApiError]


@cache
def prediction_apis() -> Mapping[str, PredictionApi]:
    """Return the APIs of all tasks that have one."""
    document = load_document("prediction_apis", "prediction_apis.yaml")
    return {row["task"]: _api(row, document) for row in document["apis"]}


@cache
def ocr_languages() -> Sequence[str]:
    """Return the values of `language_type`."""
    return tuple(load_document("prediction_apis", "prediction_apis.yaml")["ocr_languages"])


def _api(row: Mapping[str, Any], document: Mapping[str, Any]) -> PredictionApi:
    def fields(names: Sequence[str]) -> Sequence[ApiField]:
        return [ApiField.model_validate(document["fields"][name]) for name in names]

    def error(name: str) -> ApiError:
        return ApiError(**prediction_error(name).model_dump(), **document["errors"][name])

    return PredictionApi(
        task=row["task"],
        path=PATH.replace("{segment}", tasks()[row["task"]].url_segment),
        request=fields(row["request"]),
        response=fields(row["response"]),
        errors=[error(name) for name in (*document["platform_errors"], *row["errors"])],
    )
