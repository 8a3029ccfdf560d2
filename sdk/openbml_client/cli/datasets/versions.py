"""`bml datasets versions …`."""

from typing import Annotated

import typer

from openbml_client.cli.datasets.places import DatasetArgument, VersionOption, open_datasets, open_version
from openbml_client.cli.output import JsonFlag, ProjectOption, YesFlag, field, notes, print_fields, print_list

app = typer.Typer(no_args_is_help=True)

_VERSION = [
    ("Version", lambda version: f"V{version['version_number']}"),
    ("State", field("state")),
    ("Samples", field("sample_count")),
    ("Labelled", field("labelled_count")),
    ("Description", field("description")),
    ("Created", field("created_at")),
]

Description = Annotated[str, typer.Option(help="What the version is for.")]


@app.command("list")
def list_versions(dataset: DatasetArgument, project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """List the versions of a dataset."""
    datasets = open_datasets(project)
    rows = datasets.versions(int(datasets.find(dataset)["dataset_id"]))
    print_list(rows, _VERSION, as_json=as_json, empty="No versions.")


@app.command("new")
def new(
    dataset: DatasetArgument,
    description: Description = "",
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Make an empty version."""
    datasets = open_datasets(project)
    dataset_id = int(datasets.find(dataset)["dataset_id"])
    print_fields(datasets.create_version(dataset_id, description=description), _VERSION, as_json=as_json)


@app.command("copy")
def copy(
    dataset: DatasetArgument,
    version: VersionOption = None,
    description: Description = "",
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Make a version with the samples and annotations of another.

    \b
    Examples:
      bml datasets versions copy gestures --version 1 --description "before cleaning"
    """
    copied = open_version(project, dataset, version).copy(description=description)
    print_fields(copied.get(), _VERSION, as_json=as_json)


@app.command("describe")
def describe(
    dataset: DatasetArgument,
    description: str,
    version: VersionOption = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Say what a version is for."""
    document = open_version(project, dataset, version).describe(description)
    print_fields(document, _VERSION, as_json=as_json)


@app.command("delete")
def delete(
    dataset: DatasetArgument, version: int, yes: YesFlag = False, project: ProjectOption = None
) -> None:
    """Delete a version with its samples."""
    opened = open_version(project, dataset, version)
    if not yes:
        samples = opened.get()["sample_count"]
        typer.confirm(f"Delete V{version} of {dataset} with {samples} samples?", abort=True)
    opened.delete()
    notes.print(f"Deleting V{version}.", markup=False)
