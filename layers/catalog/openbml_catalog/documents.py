"""Reads the catalogue's YAML documents."""

from importlib import resources
from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one is ten times faster


def load_document(*path: str) -> Any:
    """Return one YAML document below this package, e.g. `load_document("prices", "prices.yaml")`."""
    resource = resources.files("openbml_catalog").joinpath(*path)
    return yaml.load(resource.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - a safe loader


def load_folder(*path: str) -> list[Any]:
    """Return all YAML documents of a folder, in name order."""
    folder = resources.files("openbml_catalog").joinpath(*path)
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    return [load_document(*path, name) for name in names]
