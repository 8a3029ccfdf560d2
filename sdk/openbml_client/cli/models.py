"""`bml models …`."""

import time
from typing import Annotated

import typer

from openbml_client.cli.output import JsonFlag, ProjectOption, field, print_fields, print_list
from openbml_client.cli.reports import quality
from openbml_client.client import Client, Document, Models
from openbml_client.errors import NotFoundError, WorkFailedError

app = typer.Typer(no_args_is_help=True)

_POLL_S = 0.5

_MODEL = [
    ("Model id", field("model_id")),
    ("Name", field("name")),
    ("Task", field("task_type")),
    ("Versions", field("latest_version")),
    ("Created", field("created_at")),
]
_VERSION = [
    ("Model id", field("model_id")),
    ("Version", lambda version: f"V{version['version_number']}"),
    ("State", field("state")),
    ("Network", field("network")),
    ("Quality", quality),
    ("ONNX max difference", lambda version: (version.get("onnx") or {}).get("max_abs_diff")),
    ("Run", field("run_id")),
    ("Created", field("created_at")),
]


@app.command("publish")
def publish(
    name: Annotated[str, typer.Argument(help="Model of the repository; made when new.")],
    run_id: Annotated[int, typer.Option("--run", help="A run that succeeded.")],
    description: str = "",
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Publish a run as the next version of a repository model."""
    client = Client().project(project)
    try:
        model = client.models.find(name)
    except NotFoundError:
        run = client.training.run(run_id)
        model = client.models.create(name, task_type=run["task_type"])
    version = client.models.publish(int(model["model_id"]), run_id, description)
    version = _until_ready(client.models, version)
    print_fields(version, _VERSION, as_json=as_json)


@app.command("list")
def list_models(project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """List the repository's models."""
    empty = "No models yet. `bml models publish NAME --run RUN_ID` publishes one."
    print_list(Client().project(project).models.list(), _MODEL, as_json=as_json, empty=empty)


@app.command("versions")
def versions(model: str, project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """List the versions of a model."""
    models = Client().project(project).models
    rows = models.versions(int(models.find(model)["model_id"]))
    print_list(rows, _VERSION, as_json=as_json, empty="No versions yet.")


def _until_ready(models: Models, version: Document) -> Document:
    while version["state"] == "publishing":
        time.sleep(_POLL_S)
        version = models.version(int(version["model_id"]), int(version["version_number"]))
    if version["state"] != "ready":
        raise WorkFailedError(f"Publishing failed: {version.get('failure')}")
    return version
