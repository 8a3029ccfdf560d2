"""`bml datasets operations …`."""

from typing import Annotated

import typer

from openbml_client.cli.datasets.places import DatasetArgument, VersionOption, WaitFlag, open_version
from openbml_client.cli.following import followed, going_on
from openbml_client.cli.output import JsonFlag, ProjectOption, YesFlag, field, print_fields, print_list
from openbml_client.client import Document
from openbml_client.datasets import DatasetVersion
from openbml_client.resources import given

app = typer.Typer(no_args_is_help=True)

FIELDS = [
    ("Operation id", field("operation_id")),
    ("Action", lambda row: " ".join(str(value) for value in row["action"].values() if value)),
    ("Filter", lambda row: ", ".join(f"{name} {value}" for name, value in row["filter"].items() if value)),
    ("State", field("state")),
    ("Matched", field("matched")),
    ("Changed", field("changed")),
    ("Failure", field("failure")),
]

OperationArgument = Annotated[int, typer.Argument(metavar="OPERATION_ID")]


@app.command("start")
def start(
    dataset: DatasetArgument,
    action: Annotated[
        str, typer.Argument(help="add_label, set_label, remove_label, clear_annotations or delete_samples.")
    ],
    label: Annotated[str | None, typer.Option("--label", "-l", help="The action's label.")] = None,
    with_label: Annotated[str | None, typer.Option(help="On samples with this label.")] = None,
    state: Annotated[str | None, typer.Option(help="On labelled or unlabelled samples.")] = None,
    source: Annotated[
        str | None, typer.Option(help="On annotations that are imported, human or smart.")
    ] = None,
    name_prefix: Annotated[str | None, typer.Option(help="On names that begin so.")] = None,
    max_bytes: Annotated[int | None, typer.Option(help="On samples up to this size.")] = None,
    min_bytes: Annotated[int | None, typer.Option(help="On samples from this size.")] = None,
    yes: YesFlag = False,
    wait: WaitFlag = True,
    version: VersionOption = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Do one thing with all samples of a filter.

    \b
    Examples:
      bml datasets operations start gestures set_label --label other --state unlabelled
    """
    opened = open_version(project, dataset, version)
    wanted = given(
        label=with_label,
        annotation_state=state,
        annotation_source=source,
        name_prefix=name_prefix,
        max_size_bytes=max_bytes,
        min_size_bytes=min_bytes,
    )
    if not yes and action in ("delete_samples", "clear_annotations"):
        typer.confirm(f"{action} on {opened.samples.count(**wanted)} samples?", abort=True)
    operation = opened.operations.start(action, label=label, wanted=wanted)
    if wait:
        operation = operation_followed(opened, dataset, int(operation["operation_id"]))
    print_fields(operation, FIELDS, as_json=as_json)


@app.command("list")
def list_operations(
    dataset: DatasetArgument,
    version: VersionOption = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """List operations, the newest first."""
    rows = open_version(project, dataset, version).operations.list()
    print_list(rows, FIELDS, as_json=as_json, empty="No operations yet.")


@app.command("show")
def show(
    dataset: DatasetArgument,
    operation_id: OperationArgument,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until it ends.")] = False,
    version: VersionOption = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Show an operation."""
    opened = open_version(project, dataset, version)
    found = operation_followed(opened, dataset, operation_id) if wait else opened.operations.get(operation_id)
    print_fields(found, FIELDS, as_json=as_json)


@app.command("cancel")
def cancel(
    dataset: DatasetArgument,
    operation_id: OperationArgument,
    version: VersionOption = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Stop an operation; what it has done stays done."""
    document = open_version(project, dataset, version).operations.cancel(operation_id)
    print_fields(document, FIELDS, as_json=as_json)


def operation_followed(opened: DatasetVersion, dataset: str, operation_id: int) -> Document:
    def how() -> str:
        place = f"{dataset} {operation_id} --version {opened.version_number}"
        return f"The operation goes on. Look again: bml datasets operations show {place} --wait"

    with followed("Operation") as show, going_on(how):
        return opened.operations.wait(operation_id, show=show)
