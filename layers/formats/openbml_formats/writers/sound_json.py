"""Sounds with a json file each, as the import of the same name reads them; written like images."""

from openbml_formats.writers.json import WRITER

__all__ = ["WRITER"]
