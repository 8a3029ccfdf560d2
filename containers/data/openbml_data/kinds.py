"""Which module does which kind of job; each is imported only when it is wanted."""

from collections.abc import Callable, Mapping
from importlib import import_module

from pydantic import BaseModel

from openbml_data.workspace import Workspace
from openbml_formats.data_jobs import DataJobKind, DataJobOrder
from openbml_kit.faults import PlatformFault

Run = Callable[[DataJobOrder, Workspace], BaseModel]

_MODULES: Mapping[DataJobKind, str] = {
    DataJobKind.EXPORT: "openbml_data.exports",
    DataJobKind.PLAN_IMPORT: "openbml_data.plan_imports",
    DataJobKind.IMPORT_TABLE: "openbml_data.import_tables",
    DataJobKind.QUALITY_REPORT: "openbml_data.quality_reports",
    DataJobKind.CLEANING: "openbml_data.cleanings",
    DataJobKind.AUGMENTATION: "openbml_data.augmentations",
}


def run_of(kind: DataJobKind) -> Run:
    """Return the kind's `run(order, workspace)`, which returns what becomes `result.json`.

    Raises:
        PlatformFault: this image has no such module.
    """
    name = _MODULES[kind]
    try:
        run: Run = import_module(name).run
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise PlatformFault(f"this image cannot do {kind.value} jobs") from error
    return run
