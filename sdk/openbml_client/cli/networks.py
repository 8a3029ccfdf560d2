"""`bml networks …`: what the catalogue offers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from openbml_client.cli.clients import current_client
from openbml_client.cli.output import JsonFlag, field, notes, print_fields, print_list
from openbml_client.client import Client
from openbml_client.errors import InvalidChoiceError

app = typer.Typer(no_args_is_help=True)

TaskOption = Annotated[str, typer.Option("--task", "-t", help="Task type.")]


def _published(network: Mapping[str, Any]) -> object:
    figure = network.get("published")
    return f"{figure['metric']} {figure['value']:.3f}" if figure else None


def _licences(network: Mapping[str, Any]) -> str:
    return ", ".join(sorted({row["licence"] for row in network.get("weights") or ()}))


_NETWORK = [
    ("Network", field("name")),
    ("Family", field("family")),
    ("Published", _published),
    ("CPU (ms)", field("cpu_ms")),
    ("Input (px)", field("input_size")),
    ("Recommended", lambda row: "yes" if row.get("recommended") else None),
    ("Stands in for", lambda row: ", ".join(row.get("replaces") or ())),
    ("Weights' licence", _licences),
]
_TABULAR = "tabular_prediction"
_MODEL = [
    ("Model", field("code")),
    ("Name", field("label_en")),
    ("Several nodes", lambda row: "yes" if row["distributed"] else None),
    ("Good for", field("help_en")),
    ("Hyper-parameters", lambda row: ", ".join(one["name"] for one in row["parameters"])),
]
_DETAILS = [
    *_NETWORK,
    ("Good for", field("recommended_for_en")),
    ("Batch size", field("batch_size")),
    ("Learning rate", field("learning_rate")),
    ("Not on machines", lambda row: ", ".join(row.get("excluded_machines") or ())),
    ("Weights", lambda row: ", ".join(weights["tag"] for weights in row.get("weights") or ())),
]


@app.command("list")
def list_networks(task: TaskOption = "image_classification", as_json: JsonFlag = False) -> None:
    """List the networks of a task; of tables the models of the expert mode."""
    if task == _TABULAR:
        models = [row for row in current_client().catalog()["tabular"]["models"] if row["expert"]]
        print_list(models, _MODEL, as_json=as_json, empty="There are no models.")
        return
    print_list(
        _networks(current_client(), task),
        _NETWORK,
        as_json=as_json,
        empty=f"No network is trained for {task}.",
    )


@app.command("show")
def show(network: str, task: TaskOption = "image_classification", as_json: JsonFlag = False) -> None:
    """Show one network: figures, defaults, weights."""
    found = next((row for row in _networks(current_client(), task) if row["name"] == network), None)
    if found is None:
        raise InvalidChoiceError(
            f"{task} has no network {network!r}; `bml networks list --task {task}` shows them."
        )
    print_fields(found, _DETAILS, as_json=as_json)


@app.command("script")
def script(
    network: str,
    task: TaskOption = "image_classification",
    algorithm_type: Annotated[
        str | None, typer.Option("--type", help="Of tables: binary, multiclass or regression.")
    ] = None,
    training_way: Annotated[
        str | None, typer.Option("--training-way", help="Of tables: single or distributed.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write.")] = None,
) -> None:
    """Print the script that users of a network start from; `bml runs start --script FILE` trains an edited
    one.

    \b
    Examples:
      bml networks script ResNet18_vd -o script.py
      bml networks script CAT --task tabular_prediction --type binary -o script.py
    """
    text = current_client().preset_script(
        task, network, algorithm_type=algorithm_type, training_way=training_way
    )
    if output is None:
        typer.echo(text, nl=False)
        return
    output.write_text(text, encoding="utf-8")
    notes.print(f"Written to {output}.", highlight=False)


def _networks(client: Client, task: str) -> list[Mapping[str, Any]]:
    return [row for row in client.catalog()["networks"] if row["task"] == task]
