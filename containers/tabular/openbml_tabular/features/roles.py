"""Which columns of a table are no features because the settings say so."""

from collections.abc import Sequence

from openbml_catalog.tabular.settings import TabularSettings
from openbml_kit.faults import UserFault

_SHOWN = 30


def role_of(name: str, settings: TabularSettings) -> str | None:
    """Return why the settings make a column no feature, None where they do not."""
    roles = {settings.target: "target", settings.weight_column: "weight", settings.group_column: "group"}
    return roles.get(name) or ("excluded" if name in settings.excluded_columns else None)


def refuse_unknown_columns(names: Sequence[str], settings: TabularSettings) -> None:
    """Raise UserFault where the settings name a column that the table does not have."""
    named = [
        ("target", settings.target),
        ("weight_column", settings.weight_column),
        ("group_column", settings.group_column),
        ("time_column", settings.time_column),
        *(("excluded_columns", name) for name in settings.excluded_columns),
    ]
    known = set(names)
    for setting, name in named:
        if name is not None and name not in known:
            shown = ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
            raise UserFault(f"{setting}: the table has no column {name!r}; it has {shown}")
