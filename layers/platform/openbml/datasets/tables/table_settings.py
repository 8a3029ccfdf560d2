"""What a caller says about a table to import: header, types, bad values, place (spec 02 section 8.10)."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from openbml.core.errors import InvalidRequestError
from openbml_formats.tables.dialects import Delimiter, Encoding
from openbml_formats.tables.schemas import (
    MOST_COLUMNS,
    BadValuePolicy,
    TableSchema,
    TableSchemaError,
)
from openbml_formats.tables.table_imports import HeaderChoice, UploadType

_SETTINGS_BYTES = 200_000  # kept with the import's record
_ColumnText = Annotated[str, Field(max_length=4096)]


class ColumnLists(BaseModel):
    """The columns to take, in the data API's form: four lists of one length."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: Sequence[Annotated[int, Field(ge=0)]] = Field(max_length=MOST_COLUMNS)
    raw_names: Sequence[_ColumnText] = Field(max_length=MOST_COLUMNS)
    names: Sequence[_ColumnText] = Field(max_length=MOST_COLUMNS)
    types: Sequence[_ColumnText] = Field(max_length=MOST_COLUMNS)


class CataloguePlace(BaseModel):
    """A table of an external catalogue; `cloud_edap` of the manual is the installation's catalogue."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database: str = Field(min_length=1, max_length=255)
    table: str = Field(min_length=1, max_length=255)


class TableSettings(BaseModel):
    """How to read a table and what to do with it.

    Attributes:
        header: whether the first row names the columns; without one, names are generated.
        columns: all columns with guessed types where None.
        catalogue: the rows come from there and not from an upload.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    header: HeaderChoice = HeaderChoice.AUTO
    delimiter: Delimiter | None = None
    encoding: Encoding | None = None
    column_error: BadValuePolicy = BadValuePolicy.AUTO
    columns: ColumnLists | None = None
    upload_type: UploadType = UploadType.APPEND
    catalogue: CataloguePlace | None = None

    @property
    def chosen(self) -> TableSchema | None:
        """Raises TableSchemaError."""
        if self.columns is None:
            return None
        lists = self.columns
        return TableSchema.from_lists(lists.columns, lists.raw_names, lists.names, lists.types)


def table_settings(document: Mapping[str, JsonValue]) -> TableSettings:
    """Return the settings of an import as they were checked when it began."""
    return TableSettings.model_validate(document)


def checked_table_settings(settings: TableSettings) -> Mapping[str, JsonValue]:
    """Return what an import's record keeps of its table's settings.

    Raises:
        InvalidRequestError: columns that no table has, or too long a list of them.
    """
    try:
        _ = settings.chosen
    except (TableSchemaError, ValidationError) as error:
        raise InvalidRequestError(field="table.columns", reason=str(error)) from error
    if len(settings.model_dump_json()) > _SETTINGS_BYTES:
        raise InvalidRequestError(field="table.columns", reason="has names that are too long in all")
    document: Mapping[str, JsonValue] = settings.model_dump(mode="json", exclude_none=True)
    return document
