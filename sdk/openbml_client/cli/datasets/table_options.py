"""Options that say how a table is read."""

from typing import Annotated, Any

import typer

from openbml_client.errors import InvalidChoiceError
from openbml_client.resources import given

HeaderOption = Annotated[
    str | None, typer.Option(help="Tables: whether the first row names the columns: auto, yes or no.")
]
DelimiterOption = Annotated[
    str | None, typer.Option(help="Tables: what stands between cells; default: found out.")
]
EncodingOption = Annotated[str | None, typer.Option(help="Tables: encoding; default: found out.")]
ColumnErrorOption = Annotated[
    str | None,
    typer.Option(help="Tables: a value of a wrong type is left out (auto), its row is (skip), or fail."),
]
OverwriteFlag = Annotated[bool, typer.Option("--overwrite", help="Tables: replace the rows that are there.")]

_HEADERS = {"auto": "auto", "yes": "true", "no": "false", "true": "true", "false": "false"}


def table_settings(
    header: str | None,
    delimiter: str | None,
    encoding: str | None,
    column_error: str | None,
    overwrite: bool = False,
) -> dict[str, Any] | None:
    """Return what is told about a table, None for nothing.

    Raises:
        InvalidChoiceError: a header that is neither yes nor no.
    """
    if header is not None and header not in _HEADERS:
        raise InvalidChoiceError(f"--header takes auto, yes or no, not {header!r}.")
    settings = given(
        header=None if header is None else _HEADERS[header],
        delimiter=None if delimiter is None else delimiter.replace("\\t", "\t"),
        encoding=encoding,
        column_error=column_error,
        upload_type="overwrite" if overwrite else None,
    )
    return settings or None
