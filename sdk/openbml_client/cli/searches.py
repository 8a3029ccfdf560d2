"""`bml searches …`: hyper-parameter searches."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from openbml_client.cli.clients import current_client
from openbml_client.cli.output import JsonFlag, ProjectOption, field, print_fields, print_json, print_list

app = typer.Typer(no_args_is_help=True)


def _values(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_short(value)}" for name, value in (row.get("parameters") or {}).items())


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _best(name: str) -> Any:
    def read(search: Mapping[str, Any]) -> object:
        best = search.get("best_trial") or {}
        return _values(best) if name == "parameters" else best.get(name)

    return read


_SEARCH = [
    ("Search id", field("search_id")),
    ("Name", field("name")),
    ("State", field("state")),
    ("Strategy", field("strategy")),
    ("Network", field("network")),
    ("Trials", lambda row: f"{row['trials_ended']} of {row['trials_total']}"),
    ("Best", _best("quality")),
    ("Created", field("created_at")),
]
_DETAILS = [
    *_SEARCH,
    ("Compared by", field("quality")),
    ("Best trial", _best("number")),
    ("Best values", _best("parameters")),
    ("Failure", lambda row: (row.get("failure") or {}).get("message")),
]
_TRIAL = [
    ("Trial", field("number")),
    ("State", field("state")),
    ("Quality", field("quality")),
    ("Epochs", field("epochs_done")),
    ("Generation", field("generation")),
    ("From", field("parent")),
    ("Values", _values),
    ("Failure", lambda row: (row.get("failure") or {}).get("message")),
]
_SHARE = [("Hyper-parameter", field("name")), ("Importance", lambda row: f"{row['importance']:.1%}")]


@app.command("list")
def list_searches(
    experiment: Annotated[str | None, typer.Option(help="Experiment by name or id.")] = None,
    network: Annotated[str | None, typer.Option("--network", "-n", help="Network of the catalogue.")] = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """List finished searches, whose results other runs can use (`bml runs start --use-search`)."""
    training = current_client().project(project).training
    wanted = int(training.find_experiment(experiment)["experiment_id"]) if experiment else None
    empty = "No finished searches. `bml runs start --search bayesian` makes one."
    print_list(
        training.searches(experiment_id=wanted, network=network), _SEARCH, as_json=as_json, empty=empty
    )


@app.command("show")
def show(search_id: int, project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """Show a search, running or ended."""
    print_fields(current_client().project(project).training.search(search_id), _DETAILS, as_json=as_json)


@app.command("trials")
def trials(search_id: int, project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """List the trials of a search, the best first."""
    rows = list(current_client().project(project).training.trials(search_id))
    rows.sort(key=lambda row: (-(row["quality"] if row["quality"] is not None else -1), row["number"]))
    print_list(rows, _TRIAL, as_json=as_json, empty="No trials yet.")


@app.command("importance")
def importance(search_id: int, project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """Show how much each hyper-parameter mattered."""
    document = current_client().project(project).training.importance(search_id)
    if as_json:
        print_json(document)
        return
    empty = "Nothing can be said yet: too few trials have ended."
    print_list(document["parameters"], _SHARE, as_json=False, empty=empty)
