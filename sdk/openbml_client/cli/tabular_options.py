"""Options of `bml runs start` for tables, and the settings they make."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from openbml_client.cli.json_options import json_file
from openbml_client.errors import InvalidChoiceError
from openbml_client.resources import Document, given

_TABLES = "Tables"

TargetOption = Annotated[
    str | None, typer.Option(help="Column to predict; makes it a run of a table.", rich_help_panel=_TABLES)
]
ModeOption = Annotated[str | None, typer.Option(help="automl (default) or expert.", rich_help_panel=_TABLES)]
TypeOption = Annotated[
    str | None,
    typer.Option(
        "--type",
        help="automatic (default of automl), binary, multiclass or regression.",
        rich_help_panel=_TABLES,
    ),
]
ModelOption = Annotated[
    str | None,
    typer.Option("--model", help="Expert mode: CAT, LGBM, RF, LR, XGB or KNN.", rich_help_panel=_TABLES),
]
WayOption = Annotated[
    str | None,
    typer.Option(
        "--training-way", help="Expert mode: single or distributed (several nodes).", rich_help_panel=_TABLES
    ),
]
FeaturesOption = Annotated[
    str | None,
    typer.Option(
        "--feature-engineering",
        help="Expert mode: default, or a JSON file with mode and operators.",
        rich_help_panel=_TABLES,
    ),
]
MetricOption = Annotated[
    str | None, typer.Option(help="What models are chosen by, e.g. roc_auc or mae.", rich_help_panel=_TABLES)
]
ObjectiveOption = Annotated[
    str | None, typer.Option(help="Of a regression: mean, count or quantile.", rich_help_panel=_TABLES)
]
QuantileOption = Annotated[
    list[float] | None,
    typer.Option("--quantile", help="Predict this quantile, e.g. 0.1. Repeatable.", rich_help_panel=_TABLES),
]
WeightOption = Annotated[
    str | None, typer.Option("--weight-column", help="Rows count by its value.", rich_help_panel=_TABLES)
]
GroupOption = Annotated[
    str | None,
    typer.Option(
        "--group-column", help="Rows of one value are never split over evaluation.", rich_help_panel=_TABLES
    ),
]
TimeOption = Annotated[
    str | None,
    typer.Option("--time-column", help="Evaluation lies after training.", rich_help_panel=_TABLES),
]
ExcludeOption = Annotated[
    list[str] | None,
    typer.Option("--exclude", help="Column that no model sees. Repeatable.", rich_help_panel=_TABLES),
]
PositiveOption = Annotated[
    str | None,
    typer.Option(
        "--positive-label",
        help="Class that threshold and lift are about; default: the rarer.",
        rich_help_panel=_TABLES,
    ),
]
SettingsOption = Annotated[
    Path | None,
    typer.Option(
        "--settings", help="JSON file with settings; options go before it.", rich_help_panel=_TABLES
    ),
]


def tabular_of(
    *,
    settings: Path | None,
    feature_engineering: str | None,
    quantiles: Sequence[float],
    excluded: Sequence[str],
    objective: str | None,
    **told: str | None,
) -> Document | None:
    """Return the settings of a table's run, None where nothing names a table.

    Args:
        told: the other settings by their names in the API.

    Raises:
        InvalidChoiceError: settings without a target, or a file that cannot be used.
    """
    known = json_file(settings) if settings else {}
    document = {
        **known,
        **given(
            **told,
            feature_engineering=_features(feature_engineering),
            quantiles=sorted(quantiles) or None,
            excluded_columns=list(excluded) or None,
            objective=objective or ("quantile" if quantiles else None),
        ),
    }
    if not document:
        return None
    if "target" not in document:
        raise InvalidChoiceError("A run of a table needs --target COLUMN.")
    return document


def _features(choice: str | None) -> dict[str, Any] | None:
    if choice is None:
        return None
    if choice == "default":
        return {"mode": "default"}
    path = Path(choice)
    if not path.is_file():
        raise InvalidChoiceError(f"--feature-engineering takes default or a JSON file, not {choice!r}.")
    return json_file(path)
