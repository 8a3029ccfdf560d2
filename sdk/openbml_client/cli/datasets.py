"""`bml datasets …`."""

import time
from pathlib import Path
from typing import Annotated

import typer

from openbml_client.cli.output import (
    JsonFlag,
    ProjectOption,
    field,
    notes,
    print_fields,
    print_json,
    print_list,
    transfer_progress,
    work_progress,
)
from openbml_client.client import Client, Datasets, Document
from openbml_client.errors import NotFoundError, WorkFailedError
from openbml_client.uploads import ArchiveUpload

app = typer.Typer(no_args_is_help=True)

_POLL_S = 1.0
_FINAL = {"finished", "failed", "cancelled"}

_DATASET = [
    ("Dataset id", field("dataset_id")),
    ("Name", field("name")),
    ("Annotation", lambda dataset: f"{dataset['annotation_type']} · {dataset['template']}"),
    ("State", field("state")),
    ("Samples", field("sample_count")),
    ("Labelled", field("labelled_count")),
    ("Created", field("created_at")),
]

_VERSION = [
    ("Version", lambda version: f"V{version['version_number']}"),
    ("Description", field("description")),
    ("State", field("state")),
    ("Samples", field("sample_count")),
    ("Labelled", field("labelled_count")),
    ("Data API id", field("version_id")),
    ("Created", field("created_at")),
]

VersionOption = Annotated[int, typer.Option("--version", "-v", help="Dataset version, 1 for V1.")]


@app.command("create")
def create(
    name: str,
    annotation_type: Annotated[str, typer.Option(help="What is labelled.")] = "image_classification",
    template: Annotated[str, typer.Option(help="Annotation template.")] = "single_label",
    data_type: Annotated[str, typer.Option(help="image, text, table or audio.")] = "image",
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Create a dataset with an empty version V1."""
    document = (
        Client()
        .project(project)
        .datasets.create(name, annotation_type=annotation_type, template=template, data_type=data_type)
    )
    print_fields(document, _DATASET, as_json=as_json)


@app.command("list")
def list_datasets(project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """List the project's datasets."""
    empty = "No datasets yet. `bml datasets create NAME` makes one."
    print_list(Client().project(project).datasets.list(), _DATASET, as_json=as_json, empty=empty)


@app.command("show")
def show(
    dataset: str, version: VersionOption = 1, project: ProjectOption = None, as_json: JsonFlag = False
) -> None:
    """Show a dataset version and its labels."""
    datasets = Client().project(project).datasets
    found = datasets.find(dataset)
    details = datasets.version(int(found["dataset_id"]), version)
    labels = list(datasets.labels(int(found["dataset_id"]), version))
    if as_json:
        print_json({**found, "version": details, "labels": labels})
        return
    print_fields(found, _DATASET, as_json=False)
    columns = [("Label", field("name")), ("Samples", field("sample_count"))]
    print_list(labels, columns, as_json=False, empty="No labels yet.")


@app.command("delete")
def delete(
    dataset: str,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    project: ProjectOption = None,
) -> None:
    """Delete a dataset with all its samples."""
    datasets = Client().project(project).datasets
    found = datasets.find(dataset)
    if not yes:
        typer.confirm(f"Delete {found['name']} with {found['sample_count']} samples?", abort=True)
    datasets.delete(int(found["dataset_id"]))
    notes.print(f"Deleting {found['name']}.")


@app.command("rename")
def rename(dataset: str, name: str, project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """Give a dataset another name."""
    datasets = Client().project(project).datasets
    dataset_id = int(datasets.find(dataset)["dataset_id"])
    print_fields(datasets.rename(dataset_id, name), _DATASET, as_json=as_json)


@app.command("versions")
def versions(dataset: str, project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """List the versions of a dataset."""
    datasets = Client().project(project).datasets
    found = datasets.versions(int(datasets.find(dataset)["dataset_id"]))
    print_list(found, _VERSION, as_json=as_json, empty="No versions.")


@app.command("add-version")
def add_version(
    dataset: str,
    description: Annotated[str, typer.Option(help="What is different.")] = "",
    copy_of: Annotated[int | None, typer.Option(help="The version to copy; none for an empty one.")] = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Add a version, empty or with all samples and annotations of another."""
    datasets = Client().project(project).datasets
    dataset_id = int(datasets.find(dataset)["dataset_id"])
    made = datasets.add_version(dataset_id, description=description, copy_of=copy_of)
    print_fields(made, _VERSION, as_json=as_json)


@app.command("describe-version")
def describe_version(
    dataset: str,
    description: str,
    version: VersionOption = 1,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Change what is said about a version."""
    datasets = Client().project(project).datasets
    dataset_id = int(datasets.find(dataset)["dataset_id"])
    print_fields(datasets.describe_version(dataset_id, version, description), _VERSION, as_json=as_json)


@app.command("delete-version")
def delete_version(
    dataset: str,
    version: int,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    project: ProjectOption = None,
) -> None:
    """Delete one version of a dataset with its samples."""
    datasets = Client().project(project).datasets
    found = datasets.find(dataset)
    if not yes:
        typer.confirm(f"Delete V{version} of {found['name']}?", abort=True)
    datasets.delete_version(int(found["dataset_id"]), version)
    notes.print(f"Deleting V{version} of {found['name']}.")


@app.command("import")
def import_archive(
    dataset: str,
    archive: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Zip of image + json pairs.")],
    version: VersionOption = 1,
    resume: Annotated[int | None, typer.Option(help="Continue the upload of this import.")] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until the import ends.")] = True,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Upload a zip of labelled images and import it."""
    datasets = Client().project(project).datasets
    dataset_id = int(datasets.find(dataset)["dataset_id"])
    if resume is None:
        size_bytes = archive.stat().st_size
        document = datasets.start_import(dataset_id, version, filename=archive.name, size_bytes=size_bytes)
    else:
        document = datasets.data_import(dataset_id, version, resume)
    document = _upload(datasets, dataset_id, version, document, archive)
    if wait:
        document = _follow(datasets, dataset_id, version, int(document["import_id"]))
    _report(document, as_json=as_json)


@app.command("imports")
def problems(
    dataset: str,
    import_id: int,
    version: VersionOption = 1,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """List what an import did not take, file by file."""
    datasets = Client().project(project).datasets
    dataset_id = int(datasets.find(dataset)["dataset_id"])
    columns = [("File", field("file")), ("Reason", field("reason")), ("Message", field("message"))]
    rows = datasets.import_problems(dataset_id, version, import_id)
    print_list(rows, columns, as_json=as_json, empty="Everything was taken.")


@app.command("samples")
def samples(
    dataset: str,
    label: Annotated[str | None, typer.Option(help="Only samples with this label.")] = None,
    version: VersionOption = 1,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1)] = 50,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """List samples of a dataset version."""
    datasets = Client().project(project).datasets
    dataset_id = int(datasets.find(dataset)["dataset_id"])
    rows = datasets.samples(dataset_id, version, label=label)
    columns = [
        ("Sample id", field("sample_id")),
        ("Name", field("name")),
        ("Labels", lambda sample: ", ".join(label["name"] for label in sample["labels"])),
        ("Pixels", lambda sample: f"{sample['width']}×{sample['height']}"),
    ]
    shown = [row for _, row in zip(range(limit), rows, strict=False)]
    print_list(shown, columns, as_json=as_json, empty="No such samples.")


def _upload(datasets: Datasets, dataset_id: int, version: int, document: Document, archive: Path) -> Document:
    if not document.get("upload"):
        raise NotFoundError(
            f"Import {document['import_id']} is {document['state']}: there is no upload to resume."
        )
    with transfer_progress() as progress:
        task = progress.add_task(f"Upload {archive.name}", total=archive.stat().st_size)
        upload = ArchiveUpload(
            datasets,
            dataset_id=dataset_id,
            version_number=version,
            document=document,
            path=archive,
            progress=lambda size: progress.advance(task, size),
        )
        return upload.run()


def _follow(datasets: Datasets, dataset_id: int, version: int, import_id: int) -> Document:
    with work_progress() as progress:
        task = progress.add_task("Import", total=None)
        while True:
            document = datasets.data_import(dataset_id, version, import_id)
            done = document["progress"]
            progress.update(task, total=done["entries_total"] or None, completed=done["entries_done"])
            if document["state"] in _FINAL:
                return document
            time.sleep(_POLL_S)


def _report(document: Document, *, as_json: bool) -> None:
    fields = [
        ("Import id", field("import_id")),
        ("State", field("state")),
        ("Counts", lambda row: ", ".join(f"{name} {count}" for name, count in row["counts"].items())),
    ]
    print_fields(document, fields, as_json=as_json)
    if document["state"] in {"failed", "cancelled"}:
        failure = document.get("failure") or {"message": "the import was cancelled"}
        raise WorkFailedError(f"The import {document['state']}: {failure['message']}")
