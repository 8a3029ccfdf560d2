"""`bml experiments …`."""

from typing import Annotated

import typer

from openbml_client.cli.clients import current_client
from openbml_client.cli.output import JsonFlag, ProjectOption, field, print_fields, print_list
from openbml_client.client import Client
from openbml_client.errors import InvalidChoiceError

app = typer.Typer(no_args_is_help=True)

_EXPERIMENT = [
    ("Experiment id", field("experiment_id")),
    ("Name", field("name")),
    ("Direction", field("direction")),
    ("Task", field("task_type")),
    ("Created", field("created_at")),
]


@app.command("create")
def create(
    name: str,
    task_type: Annotated[str, typer.Option(help="What the model shall do.")] = "image_classification",
    direction: Annotated[
        str | None, typer.Option(help="vision, nlp, tabular, ocr or audio; default: the task's own.")
    ] = None,
    description: str = "",
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Create an experiment: one task type, many runs.

    \b
    Examples:
      bml experiments create pets
      bml experiments create churn --task-type tabular_prediction
    """
    client = current_client()
    document = client.project(project).training.create_experiment(
        name,
        task_type=task_type,
        direction=direction or _direction_of(task_type, client),
        description=description,
    )
    print_fields(document, _EXPERIMENT, as_json=as_json)


def _direction_of(task_type: str, client: Client) -> str:
    """Return the direction that a task belongs to. Raises InvalidChoiceError: there is no such task."""
    directions = {task["code"]: str(task["direction"]) for task in client.catalog()["tasks"]}
    if task_type not in directions:
        raise InvalidChoiceError(f"There is no task {task_type!r}; there are {', '.join(directions)}.")
    return directions[task_type]


@app.command("list")
def list_experiments(project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """List the project's experiments."""
    empty = "No experiments yet. `bml experiments create NAME` makes one."
    print_list(
        current_client().project(project).training.experiments(), _EXPERIMENT, as_json=as_json, empty=empty
    )
