"""`bml datasets labels …` and `bml datasets label-groups …`."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from openbml_client.cli.datasets.operations import FIELDS, operation_followed
from openbml_client.cli.datasets.places import (
    DatasetArgument,
    VersionOption,
    WaitFlag,
    open_datasets,
    open_version,
)
from openbml_client.cli.output import (
    JsonFlag,
    ProjectOption,
    YesFlag,
    field,
    notes,
    print_fields,
    print_list,
)
from openbml_client.client import Document
from openbml_client.datasets import DatasetVersion

app = typer.Typer(no_args_is_help=True)
groups = typer.Typer(no_args_is_help=True)

_LABEL = [
    ("Label", field("name")),
    ("Samples", field("sample_count")),
    ("Objects", field("object_count")),
    ("Pinned", lambda label: "yes" if label["pinned"] else ""),
    ("Colour", field("colour")),
    ("Remark", field("remark")),
]
_GROUP = [
    ("Group id", field("group_id")),
    ("Name", field("name")),
    ("Labels", lambda group: ", ".join(label["name"] for label in group["labels"])),
]

RemarkOption = Annotated[str | None, typer.Option(help="What the label means.")]
ColourOption = Annotated[str | None, typer.Option(help="Such as #ff8800.")]
GroupArgument = Annotated[str, typer.Argument(metavar="GROUP", help="Name or id.")]
LabelsOption = Annotated[list[str] | None, typer.Option("--label", "-l", help="A label. Repeatable.")]


@app.command("list")
def list_labels(
    dataset: DatasetArgument,
    name: Annotated[str | None, typer.Option(help="Only names that hold this.")] = None,
    order: Annotated[str | None, typer.Option(help="name or count.")] = None,
    version: VersionOption = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """List the labels of a version with their counts."""
    rows = open_version(project, dataset, version).labels.list(name=name, order=order)
    print_list(rows, _LABEL, as_json=as_json, empty="No labels yet.")


@app.command("add")
def add(
    dataset: DatasetArgument,
    names: Annotated[list[str], typer.Argument(metavar="LABEL…")],
    remark: RemarkOption = None,
    colour: ColourOption = None,
    version: VersionOption = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Add labels to a version."""
    labels = open_version(project, dataset, version).labels
    made = [labels.add(name, remark=remark, colour=colour) for name in names]
    print_list(made, _LABEL, as_json=as_json, empty="")


@app.command("rename")
def rename(
    dataset: DatasetArgument,
    label: str,
    new_name: str,
    wait: WaitFlag = True,
    version: VersionOption = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Rename a label in all samples."""
    opened = open_version(project, dataset, version)
    _show(opened, dataset, opened.labels.rename(label, new_name, wait=False), wait=wait, as_json=as_json)


@app.command("delete")
def delete(
    dataset: DatasetArgument,
    label: str,
    yes: YesFlag = False,
    wait: WaitFlag = True,
    version: VersionOption = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Delete a label and everything that is annotated with it."""
    opened = open_version(project, dataset, version)
    if not yes:
        typer.confirm(f"Delete the label {label} with all its annotations?", abort=True)
    _show(opened, dataset, opened.labels.delete(label, wait=False), wait=wait, as_json=as_json)


@app.command("pin")
def pin(
    dataset: DatasetArgument,
    label: str,
    off: Annotated[bool, typer.Option("--off", help="Let go of it again.")] = False,
    version: VersionOption = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Keep a label at the top of lists."""
    document = open_version(project, dataset, version).labels.describe(label, pinned=not off)
    print_fields(document, _LABEL, as_json=as_json)


@app.command("remark")
def remark_label(
    dataset: DatasetArgument,
    label: str,
    remark: Annotated[str, typer.Argument(help="What the label means.")],
    colour: ColourOption = None,
    version: VersionOption = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Say what a label means."""
    document = open_version(project, dataset, version).labels.describe(label, remark=remark, colour=colour)
    print_fields(document, _LABEL, as_json=as_json)


@groups.command("list")
def list_groups(project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """List the project's label groups."""
    empty = "No label groups yet. `bml datasets label-groups create NAME --label …` makes one."
    print_list(open_datasets(project).label_groups.list(), _GROUP, as_json=as_json, empty=empty)


@groups.command("create")
def create_group(
    name: str, label: LabelsOption = None, project: ProjectOption = None, as_json: JsonFlag = False
) -> None:
    """Make a label group."""
    print_fields(open_datasets(project).label_groups.create(name, label or []), _GROUP, as_json=as_json)


@groups.command("change")
def change_group(
    group: GroupArgument,
    name: Annotated[str | None, typer.Option(help="A new name.")] = None,
    label: LabelsOption = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Rename a label group, or replace all its labels; remarks of labels that stay are kept."""
    found = open_datasets(project).label_groups
    document = found.find(group)
    known: dict[str, Mapping[str, Any]] = {row["name"]: row for row in document["labels"]}
    labels = [known.get(row, {"name": row}) for row in label] if label else None
    print_fields(found.change(int(document["group_id"]), name=name, labels=labels), _GROUP, as_json=as_json)


@groups.command("delete")
def delete_group(group: GroupArgument, yes: YesFlag = False, project: ProjectOption = None) -> None:
    """Delete a label group; labels in datasets stay."""
    found = open_datasets(project).label_groups
    document = found.find(group)
    if not yes:
        typer.confirm(f"Delete the label group {document['name']}?", abort=True)
    found.delete(int(document["group_id"]))
    notes.print(f"Deleted {document['name']}.", markup=False)


@groups.command("apply")
def apply_group(
    group: GroupArgument,
    dataset: DatasetArgument,
    version: VersionOption = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Make the labels of a group in a dataset version."""
    group_id = int(open_datasets(project).label_groups.find(group)["group_id"])
    made = open_version(project, dataset, version).labels.add_group(group_id)
    rows = [{"name": name} for name in made]
    print_list(rows, [("Made", field("name"))], as_json=as_json, empty="All its labels were there.")


def _show(
    opened: DatasetVersion, dataset: str, operation: Document | None, *, wait: bool, as_json: bool
) -> None:
    if operation is None:
        notes.print("Nothing to do: the label is called so already.")
        return
    if wait:
        operation = operation_followed(opened, dataset, int(operation["operation_id"]))
    print_fields(operation, FIELDS, as_json=as_json)
