"""`bml models …`."""

import time
from typing import Annotated

import typer

from openbml_client.cli import model_imports, model_performance, model_versions
from openbml_client.cli.api_references import print_reference
from openbml_client.cli.clients import current_client
from openbml_client.cli.following import followed
from openbml_client.cli.json_options import json_object
from openbml_client.cli.output import (
    JsonFlag,
    ProjectOption,
    field,
    print_fields,
    print_json,
    print_list,
)
from openbml_client.cli.reports import quality
from openbml_client.client import Document, Models, Services
from openbml_client.errors import NotFoundError, WorkFailedError
from openbml_client.waiting import wait_until

app = typer.Typer(no_args_is_help=True)
app.registered_commands.extend(model_imports.verbs.registered_commands)
app.registered_commands.extend(model_versions.verbs.registered_commands)
app.registered_commands.extend(model_performance.verbs.registered_commands)

_POLL_S = 0.5
_SETTLED = {"ready", "failed", "ended"}

_MODEL = [
    ("Model id", field("model_id")),
    ("Name", field("name")),
    ("Task", field("task_type")),
    ("Source", field("source")),
    ("Versions", field("version_count")),
    ("Service", field("service_id")),
    ("Created", field("created_at")),
]
_VERSION = [
    ("Model id", field("model_id")),
    ("Version", lambda version: f"V{version['version_number']}"),
    ("State", field("state")),
    ("Network", lambda version: version["network"] or version.get("framework")),
    ("Quality", quality),
    ("ONNX max difference", lambda version: (version.get("onnx") or {}).get("max_abs_diff")),
    ("Run", field("run_id")),
    ("Created", field("created_at")),
]

_VERSION_DETAIL = [
    *_VERSION,
    ("Source", field("source")),
    ("Framework", field("framework")),
    ("API", field("contract")),
    ("For", lambda version: ", ".join(version["deployments"])),
    ("Deployed", lambda version: "yes" if version["deployed"] else "no"),
    ("Labels", lambda version: ", ".join(version["labels"][:20])),
    ("Bytes", field("size_bytes")),
    ("Failure", lambda version: (version.get("failure") or {}).get("message")),
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
    client = current_client().project(project)
    try:
        model = client.models.find(name)
    except NotFoundError:
        run = client.training.run(run_id)
        model = client.models.create(name, task_type=run["task_type"])
    version = client.models.publish(int(model["model_id"]), run_id, description)
    version = _until_ready(client.models, version)
    print_fields(version, _VERSION, as_json=as_json)


@app.command("create")
def create(
    name: str,
    task: Annotated[str, typer.Option(help="Task of all its versions, e.g. image_classification.")],
    source: Annotated[
        str, typer.Option(help="Where its versions come from: preset, local, notebook, custom_job.")
    ] = "preset",
    description: str = "",
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Make a model without versions.

    Example: bml models create churn --task tabular_prediction --source local
    """
    models = current_client().project(project).models
    model = models.create(name, task_type=task, source=source, description=description)
    print_fields(model, _MODEL, as_json=as_json)


@app.command("list")
def list_models(
    task: Annotated[str | None, typer.Option(help="Only of this task.")] = None,
    source: Annotated[str | None, typer.Option(help="Only of this source.")] = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """List the repository's models."""
    empty = "No models yet. `bml models publish NAME --run RUN_ID` publishes one."
    models = current_client().project(project).models
    print_list(models.list(task_type=task, source=source), _MODEL, as_json=as_json, empty=empty)


@app.command("show")
def show(
    model: str,
    version: Annotated[int | None, typer.Option(min=1, help="Show this version of it.")] = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Show a model, or one of its versions.

    Example: bml models show churn --version 1
    """
    models = current_client().project(project).models
    found = models.find(model)
    if version is None:
        print_fields(found, _MODEL, as_json=as_json)
    else:
        print_fields(models.version(int(found["model_id"]), version), _VERSION_DETAIL, as_json=as_json)


@app.command("rename")
def rename(model: str, name: str, project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """Give a model another name.

    Example: bml models rename churn churn-2026
    """
    models = current_client().project(project).models
    print_fields(models.change(int(models.find(model)["model_id"]), name=name), _MODEL, as_json=as_json)


@app.command("versions")
def versions(model: str, project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """List the versions of a model."""
    models = current_client().project(project).models
    rows = models.versions(int(models.find(model)["model_id"]))
    print_list(rows, _VERSION, as_json=as_json, empty="No versions yet.")


@app.command("api-reference")
def api_reference(
    model: str,
    version: Annotated[int, typer.Argument(min=1, help="Version, 1 for V1.")],
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Show how a service of a version is called: fields with their names, an example, errors.

    Example: bml models api-reference churn 1
    """
    models = current_client().project(project).models
    document = models.api_reference(int(models.find(model)["model_id"]), version)
    if as_json:
        print_json(document)
        return
    print_reference(document)


@app.command("validate")
def validate(
    model: str,
    version: Annotated[int, typer.Argument(min=1, help="Version, 1 for V1.")],
    request: Annotated[
        str, typer.Option(help="A request of the model's prediction API: JSON, or @FILE with JSON in it.")
    ],
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the temporary service; it ends after half an hour.")
    ] = False,
    project: ProjectOption = None,
) -> None:
    """Try a model version in a temporary service, which costs nothing.

    Example: bml models validate churn 1 --request '{"data": [{"age": 34, "city": "A"}]}'
    """
    document = json_object(request, "--request")
    client = current_client().project(project)
    services = client.services
    started = services.start_validation(int(client.models.find(model)["model_id"]), version)
    validation_id = int(started["validation_id"])
    try:
        _until_it_answers(services, validation_id)
        print_json(services.ask_validation(validation_id, document))
    finally:
        if not keep:
            services.end_validation(validation_id)


def _until_it_answers(services: Services, validation_id: int) -> None:
    with followed("temporary service") as show:
        settled = wait_until(lambda: services.validation(validation_id), _SETTLED, show=show)
    if settled["state"] != "ready":
        reason = (settled.get("failure") or {}).get("message") or "it was ended"
        raise WorkFailedError(f"The temporary service did not start: {reason}")


def _until_ready(models: Models, version: Document) -> Document:
    while version["state"] == "publishing":
        time.sleep(_POLL_S)
        version = models.version(int(version["model_id"]), int(version["version_number"]))
    if version["state"] != "ready":
        raise WorkFailedError(f"Publishing failed: {version.get('failure')}")
    return version
