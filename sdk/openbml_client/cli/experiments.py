"""`bml experiments …`."""

from typing import Annotated

import typer

from openbml_client.cli.clients import current_client
from openbml_client.cli.output import JsonFlag, ProjectOption, field, print_fields, print_list

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
    direction: Annotated[str, typer.Option(help="vision, nlp, tabular, ocr or audio.")] = "vision",
    description: str = "",
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Create an experiment: one task type, many runs."""
    document = (
        current_client()
        .project(project)
        .training.create_experiment(name, task_type=task_type, direction=direction, description=description)
    )
    print_fields(document, _EXPERIMENT, as_json=as_json)


@app.command("list")
def list_experiments(project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """List the project's experiments."""
    empty = "No experiments yet. `bml experiments create NAME` makes one."
    print_list(
        current_client().project(project).training.experiments(), _EXPERIMENT, as_json=as_json, empty=empty
    )
