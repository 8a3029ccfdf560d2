"""Readers of formats: a module for each, named by the format's code in the catalogue, with its `READER`."""

from importlib import import_module
from typing import cast

from openbml_catalog.datasets import data_formats
from openbml_formats.protocols import Reader


class UnreadableFormatError(LookupError):
    """There is no reader of this format."""


def reader_of(format_code: str) -> Reader:
    """Return the format's reader, loaded on first use. Raises UnreadableFormatError."""
    found = data_formats().get(format_code)
    if found is None or not found.reads:
        raise UnreadableFormatError(format_code)
    return cast(Reader, import_module(f"openbml_formats.readers.{found.code}").READER)
