"""`bml models import|imports|frameworks`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from openbml_client.cli.clients import current_client
from openbml_client.cli.following import followed, going_on
from openbml_client.cli.json_options import json_object
from openbml_client.cli.output import (
    JsonFlag,
    ProjectOption,
    YesFlag,
    field,
    notes,
    print_fields,
    print_list,
    transfer_progress,
)
from openbml_client.client import Document, Models
from openbml_client.errors import NotFoundError
from openbml_client.models import ModelRefusedError, files_of

verbs = typer.Typer()

_IMPORT = [
    ("Import id", field("import_id")),
    ("State", field("state")),
    ("Framework", field("framework")),
    ("Version", lambda row: f"V{row['version_number']}" if row["version_number"] else None),
    ("Problems", lambda row: len(row["problems"]) or None),
    ("Created", field("created_at")),
]
_PROBLEM = [
    ("File", lambda row: row["file"] or "all"),
    ("Problem", field("code")),
    ("What to do", field("message")),
]
_FRAMEWORK = [
    ("Task", field("task")),
    ("Framework", field("framework")),
    ("Files", field("files")),
    ("Service code", field("service_code")),
    ("For", field("deployments")),
]


@verbs.command("import")
def import_model(
    model: Annotated[str, typer.Argument(help="Model by name or id; made when new, with --task.")],
    source: Annotated[str, typer.Argument(help="A file, a folder, or s3://bucket/prefix.")],
    framework: Annotated[str, typer.Option(help="As `bml models frameworks` lists them.")],
    code_file: Annotated[str | None, typer.Option(help="Service code, a Python file.")] = None,
    labels: Annotated[str | None, typer.Option(help="Names of the classes, one a line.")] = None,
    model_file: Annotated[str | None, typer.Option(help="Which file is the model, of several.")] = None,
    picture: Annotated[
        str | None, typer.Option(help='What the model takes: JSON or @FILE, e.g. {"size": 224}.')
    ] = None,
    threshold: Annotated[float | None, typer.Option(min=0, max=1, help="Recommended threshold.")] = None,
    task: Annotated[str | None, typer.Option(help="Task of a new model.")] = None,
    description: Annotated[str | None, typer.Option(help="Of the version.")] = None,
    resume: Annotated[int | None, typer.Option(help="Go on with an upload that broke off.")] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until it is a version.")] = True,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Import a model that was trained elsewhere as the next version of a model.

    Example: bml models import churn model/ --framework sklearn --code-file service.py
    """
    models = current_client().project(project).models
    model_id = _model_id(models, model, task)
    imports = models.imports(model_id)
    shown = json_object(picture, "--picture") if picture else None
    total = 0 if source.startswith("s3://") else _size(source)
    with (
        going_on(lambda: f"`bml models imports {model_id}` shows how it stands."),
        transfer_progress() as progress,
    ):
        task_id = progress.add_task("upload", total=total or None)
        try:
            ended = imports.import_files(
                source,
                framework=framework,
                code_file=code_file,
                labels=labels,
                model_file=model_file,
                description=description,
                picture=shown,
                recommended_threshold=threshold,
                resume=resume,
                wait=False,
                progress=lambda count: progress.advance(task_id, count),
            )
        except ModelRefusedError as error:
            progress.stop()
            print_list(error.problems, _PROBLEM, as_json=as_json, empty="")
            raise
    if wait:
        with followed("import") as show:
            ended = imports.wait(int(ended["import_id"]), show=show)
    print_fields(ended, _IMPORT, as_json=as_json)


@verbs.command("imports")
def imports(
    model: str,
    import_id: Annotated[int | None, typer.Argument(help="Show one, with its problems.")] = None,
    delete: Annotated[bool, typer.Option("--delete", help="Give it up, with what was uploaded.")] = False,
    yes: YesFlag = False,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """List the imports of a model, or show or give up one.

    Example: bml models imports churn
    """
    models = current_client().project(project).models
    found = models.imports(int(models.find(model)["model_id"]))
    if import_id is None:
        print_list(found.list(), _IMPORT, as_json=as_json, empty="No imports yet.")
        return
    if delete:
        if not yes:
            typer.confirm(f"Give up import {import_id}?", abort=True)
        found.delete(import_id)
        notes.print(f"Import {import_id} is given up.")
        return
    document = found.get(import_id)
    print_fields(document, _IMPORT, as_json=as_json)
    if document["problems"] and not as_json:
        print_list(document["problems"], _PROBLEM, as_json=False, empty="")


@verbs.command("frameworks")
def frameworks(project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """List what may be imported: frameworks by task, their files, and where versions may go."""
    catalog = current_client().project(project).models.import_catalog()
    known = {row["code"]: row for row in catalog["frameworks"]}
    rows = [_framework(row, known[code]) for row in catalog["imports"] for code in row["frameworks"]]
    print_list(rows, _FRAMEWORK, as_json=as_json, empty="")


def _framework(row: Document, framework: Document) -> dict[str, Any]:
    refused = framework["refusal_en"]
    return {
        "task": "any" if row["task"] == "*" else row["task"],
        "framework": framework["code"],
        "files": refused or ", or ".join(framework["layouts"]),
        "service_code": None if framework["service_code"] == "none" else framework["service_code"],
        "deployments": None if refused else ", ".join(row["deployments"]),
    }


def _model_id(models: Models, reference: str, task: str | None) -> int:
    try:
        return int(models.find(reference)["model_id"])
    except NotFoundError:
        if task is None:
            raise
        return int(models.create(reference, task_type=task, source="local")["model_id"])


def _size(source: str) -> int:
    return sum(path.stat().st_size for path in files_of(Path(source)).values())
