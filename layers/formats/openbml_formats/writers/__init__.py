"""Writers of formats: a module for each, named by the format's code in the catalogue, with its `WRITER`."""

from importlib import import_module
from typing import cast

from openbml_catalog.datasets import data_formats
from openbml_formats.protocols import Writer


class UnwritableFormatError(LookupError):
    """There is no writer of this format."""


def writer_of(format_code: str) -> Writer:
    """Return the format's writer, loaded on first use. Raises UnwritableFormatError."""
    found = data_formats().get(format_code)
    if found is None or not found.writes:
        raise UnwritableFormatError(format_code)
    return cast(Writer, import_module(f"openbml_formats.writers.{found.code}").WRITER)
