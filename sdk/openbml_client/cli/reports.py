"""Evaluation reports on the terminal, for every task."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from openbml_client.cli.output import Column, field, notes, print_fields, print_list, terminal

# Figures of `overall` and of a label, in the order people read them; a task has some of them.
_NAMES: Mapping[str, str] = {
    "accuracy": "Accuracy",
    "map50": "mAP (IoU 0.5)",
    "map": "mAP",
    "map75": "mAP (IoU 0.75)",
    "miou": "mIoU",
    "pixel_accuracy": "Pixel accuracy",
    "mean_dice": "Mean Dice",
    "roc_auc": "ROC AUC",
    "average_precision": "Average precision",
    "balanced_accuracy": "Balanced accuracy",
    "exact_match": "Exact match",
    "macro_f1": "Macro F1",
    "micro_f1": "Micro F1",
    "macro_precision": "Macro precision",
    "macro_recall": "Macro recall",
    "f1": "F1",
    "precision": "Precision",
    "recall": "Recall",
    "ap50": "AP (IoU 0.5)",
    "ap": "AP",
    "iou": "IoU",
    "dice": "Dice",
}
# Figures in units of their own, of tables.
_VALUES: Mapping[str, str] = {
    "log_loss": "Log loss",
    "brier": "Brier score",
    "mcc": "Matthews correlation",
    "rmse": "Root mean squared error",
    "mae": "Mean absolute error",
    "median_absolute_error": "Median absolute error",
    "r2": "R²",
    "pinball": "Pinball loss",
    "poisson_deviance": "Poisson deviance",
}
_QUALITIES = ("accuracy", "map50", "miou", "map", "rmse", "pinball", "poisson_deviance")
_LISTED = 10  # models and columns of a table's report
_COUNTS: Mapping[str, str] = {"support": "Samples", "pixels": "Pixels", "training_count": "In training"}


def quality(owner: Mapping[str, Any]) -> object:
    """Return the figure by which models of a task are compared, of a run or a version that has it already."""
    metrics = owner.get("metrics") or {}
    return next((f"{name} {metrics[name]:.4g}" for name in _QUALITIES if name in metrics), None)


def print_report(document: Mapping[str, Any]) -> None:
    terminal.print(document["conclusion"]["en"], highlight=False)
    print_fields(document["overall"], _figures([document["overall"]]), as_json=False)
    threshold = document.get("recommended_threshold")
    if threshold is not None:
        terminal.print(f"Recommended threshold {threshold:.3g}", highlight=False)
    for caution in document["cautions"]:
        notes.print(f"[yellow]Caution:[/yellow] {_escaped(caution['message_en'])}", highlight=False)
    if document.get("leaderboard"):
        print_list(document["leaderboard"][:_LISTED], _MODEL, as_json=False, empty="")
    rows = document["per_class"]
    columns: list[Column] = [("Label", field("label")), *_figures(rows)]
    columns += [(title, field(name)) for name, title in _COUNTS.items() if any(name in row for row in rows)]
    if rows or document["labels"]:
        print_list(rows, columns, as_json=False, empty="No labels were evaluated.")
    important = (document.get("importance") or {}).get("permutation") or []
    if important:
        print_list(important[:_LISTED], _IMPORTANCE, as_json=False, empty="")
    for hint in document.get("hints") or ():
        notes.print(f"[cyan]Hint:[/cyan] {_escaped(hint['message_en'])}", highlight=False)


def print_comparison(document: Mapping[str, Any]) -> None:
    """Print a column for each run: figures, then the hyper-parameters that differ."""
    runs = document["runs"]
    rows = [{"title": "Network", "values": [run["network"] for run in runs]}]
    rows += [
        {"title": {**_NAMES, **_VALUES}.get(name, name), "values": [run["figures"].get(name) for run in runs]}
        for name in document["figures"]
    ]
    rows += [
        {"title": name, "values": [run["hyper_parameters"].get(name) for run in runs]}
        for name in _differing(runs)
    ]
    columns: list[Column] = [("", field("title"))]
    columns += [(f"V{run['version_number']}", _value(place)) for place, run in enumerate(runs)]
    print_list(rows, columns, as_json=False, empty="There is nothing to compare.")


_MODEL: list[Column] = [
    ("Model", field("name")),
    ("Score", field("score")),
    ("Weight", field("weight")),
    ("Fitted (s)", field("fit_s")),
    ("Answer (ms)", field("predict_ms")),
    ("State", field("state")),
]
_IMPORTANCE: list[Column] = [("Important column", field("column")), ("Loss without it", field("mean"))]


def _figures(rows: Sequence[Mapping[str, Any]]) -> list[Column]:
    """Columns of the figures that a row has."""
    shares = [(title, _percent(name)) for name, title in _NAMES.items() if any(name in row for row in rows)]
    values = [(title, field(name)) for name, title in _VALUES.items() if any(name in row for row in rows)]
    return [*shares, *values]


def _percent(name: str) -> Callable[[Mapping[str, Any]], object]:
    def read(row: Mapping[str, Any]) -> object:
        value = row.get(name)
        return None if value is None else f"{value:.2%}"

    return read


def _value(place: int) -> Callable[[Mapping[str, Any]], object]:
    return lambda row: row["values"][place]


def _differing(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    names = {name for run in runs for name in run["hyper_parameters"]}
    return sorted(name for name in names if len({run["hyper_parameters"].get(name) for run in runs}) > 1)


def _escaped(message: str) -> str:
    return message.replace("[", r"\[")
