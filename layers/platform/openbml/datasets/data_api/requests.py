"""Bodies of the data API: what every request is checked for before its operation runs."""

import json
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from openbml.core.errors import InvalidRequestError
from openbml.datasets.data_api.errors import ParameterInvalidError
from openbml.datasets.datasets import StorageType, checked_name
from openbml.datasets.storage_paths import checked_storage
from openbml_catalog.datasets import DatasetKind, dataset_kinds

_WORD_CHARACTERS = 200
DEFAULT_LIMIT = 10
MOST_LIMIT = 1000  # ours: one page stays a page


class ApiRequest(BaseModel):
    """A request; members that the manual does not name are passed over, as its own service does."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)


Request = TypeVar("Request", bound=ApiRequest)


def _whole(value: Any) -> Any:
    """Take 5.0 for 5: JSON writers of some languages have one type of number only."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _trimmed(value: Any) -> Any:
    """Take the blank off that the manual prints before a type (spec 02 section 8.2)."""
    return value.strip() if isinstance(value, str) else value


Whole = Annotated[int, BeforeValidator(_whole)]
Id = Annotated[Whole, Field(ge=1, lt=2**53)]
Text = Annotated[str, Field(max_length=100), BeforeValidator(_trimmed)]


class Paging(ApiRequest):
    limit: Annotated[Whole, Field(ge=1, le=MOST_LIMIT)] = DEFAULT_LIMIT
    offset: Annotated[Whole, Field(ge=0, lt=2**53)] = 0


class Typed(ApiRequest):
    """A request that names a kind of dataset."""

    type: Text
    template_type: Text

    @property
    def kind(self) -> DatasetKind:
        """Raises ParameterInvalidError: the type, or the template that does not go with it."""
        return kind_of(self.type, self.template_type)


def kind_of(api_type: str, template_type: str) -> DatasetKind:
    """Return the kind that a pair of the manual names.

    Raises:
        ParameterInvalidError: of the type, or of the template that does not go with it.
    """
    of_type = {
        kind.api.template_type: kind
        for kind in dataset_kinds().values()
        if kind.api and kind.api.type == api_type
    }
    if not of_type:
        raise ParameterInvalidError(field="type")
    if template_type not in of_type:
        raise ParameterInvalidError(field="template_type")
    return of_type[template_type]


def parsed(body: bytes, model: type[Request]) -> Request:
    """Return the request a body holds.

    Raises:
        ParameterInvalidError: the first parameter that is not as it must be; `body` where there is no JSON
            object at all.
    """
    try:
        document = json.loads(body.decode("utf-8"), parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise ParameterInvalidError(field="body") from error
    if not isinstance(document, dict):
        raise ParameterInvalidError(field="body")
    # `null` is how some clients leave a member out.
    given = {name: value for name, value in document.items() if value is not None}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        where = [str(part) for part in error.errors(include_url=False)[0]["loc"] if isinstance(part, str)]
        raise ParameterInvalidError(field=".".join(where) or "body") from error


def _refused(constant: str) -> Any:
    raise ValueError(constant)


def named(name: str, *, field: str) -> str:
    """Return a name as it is kept. Raises ParameterInvalidError."""
    try:
        return checked_name(name)
    except InvalidRequestError as error:
        raise ParameterInvalidError(field=field) from error


def storage_type_of(value: str) -> StorageType:
    try:
        return StorageType(value)
    except ValueError as error:
        raise ParameterInvalidError(field="storage_type") from error


def storage_of(storage_type: str, storage_path: str | None) -> tuple[StorageType, str | None]:
    """Return where exports go. Raises ParameterInvalidError."""
    chosen = storage_type_of(storage_type)
    try:
        return chosen, checked_storage(chosen, storage_path)
    except InvalidRequestError as error:
        raise ParameterInvalidError(field="storage_path") from error
