"""`bml datasets import` and `bml datasets imports …`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from openbml_client.cli.datasets.places import (
    DatasetArgument,
    VersionOption,
    WaitFlag,
    open_datasets,
    open_version,
)
from openbml_client.cli.datasets.table_options import (
    ColumnErrorOption,
    DelimiterOption,
    EncodingOption,
    HeaderOption,
    OverwriteFlag,
    table_settings,
)
from openbml_client.cli.following import followed, going_on
from openbml_client.cli.output import (
    JsonFlag,
    ProjectOption,
    counts,
    field,
    notes,
    print_fields,
    print_list,
    transfer_progress,
)
from openbml_client.client import Document
from openbml_client.datasets import DatasetVersion
from openbml_client.datasets.imports import Imports
from openbml_client.errors import InvalidChoiceError, WorkFailedError

verbs = typer.Typer()
imports = typer.Typer(no_args_is_help=True)

_IMPORT = [
    ("Import id", field("import_id")),
    ("State", field("state")),
    ("Format", field("format")),
    ("Files", lambda row: ", ".join(file["name"] for file in row["files"][:5])),
    ("Counts", counts("counts")),
    ("Failure", lambda row: (row.get("failure") or {}).get("message")),
    ("Started", field("created_at")),
]
_PROBLEM = [
    ("File", lambda row: row["file"] if row.get("line") is None else f"{row['file']}:{row['line']}"),
    ("Became", field("severity")),
    ("Reason", field("reason")),
    ("Message", field("message")),
]

ImportArgument = Annotated[int, typer.Argument(metavar="IMPORT_ID")]


@verbs.command("import")
def import_data(
    dataset: DatasetArgument,
    files: Annotated[
        list[str] | None, typer.Argument(metavar="FILES…", help="Files, folders or glob patterns.")
    ] = None,
    format_code: Annotated[
        str | None,
        typer.Option("--format", "-f", help="See `bml datasets formats`; default: found out."),
    ] = None,
    version: VersionOption = None,
    header: HeaderOption = None,
    delimiter: DelimiterOption = None,
    encoding: EncodingOption = None,
    column_error: ColumnErrorOption = None,
    overwrite: OverwriteFlag = False,
    resume: Annotated[int | None, typer.Option(help="Continue the upload of this import.")] = None,
    source: Annotated[
        str | None, typer.Option("--from", help="Copy from this dataset instead: NAME or NAME:V2.")
    ] = None,
    take: Annotated[
        str, typer.Option(help="With --from: all, labelled, unlabelled or without_annotations.")
    ] = "all",
    label: Annotated[list[str] | None, typer.Option(help="With --from: only these labels.")] = None,
    wait: WaitFlag = True,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Upload files and import them, or copy samples of another dataset.

    \b
    Examples:
      bml datasets import gestures images.zip
      bml datasets import cars voc/ --format voc
      bml datasets import prices houses.csv --header yes
      bml datasets import all --from cars:V2
    """
    if bool(files) == bool(source):
        raise InvalidChoiceError("Give files to import, or --from DATASET.")
    opened = open_version(project, dataset, version)
    if source:
        other = open_datasets(project).open(source)
        document = opened.imports.import_version(
            other.dataset_id, other.version_number, take=take, labels=label or [], wait=False
        )
    else:
        table = table_settings(header, delimiter, encoding, column_error, overwrite)
        document = _upload(opened, files or [], dataset, format_code=format_code, table=table, resume=resume)
    if wait:
        document = _followed(opened.imports, dataset, int(document["import_id"]), as_json=as_json)
    _report(document, dataset, as_json=as_json)


@imports.command("list")
def list_imports(
    dataset: DatasetArgument,
    version: VersionOption = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """List the imports into a version, the newest first."""
    rows = open_version(project, dataset, version).imports.list()
    print_list(rows, _IMPORT, as_json=as_json, empty="Nothing was imported yet.")


@imports.command("show")
def show(
    dataset: DatasetArgument,
    import_id: ImportArgument,
    version: VersionOption = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until it ends.")] = False,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Show an import: how far it is, or what it took."""
    opened = open_version(project, dataset, version).imports
    document = _followed(opened, dataset, import_id, as_json=as_json) if wait else opened.get(import_id)
    print_fields(document, _IMPORT, as_json=as_json)


@imports.command("problems")
def problems(
    dataset: DatasetArgument,
    import_id: ImportArgument,
    severity: Annotated[
        str | None, typer.Option(help="Only rejected, skipped, cut, duplicate, changed or ignored ones.")
    ] = None,
    version: VersionOption = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """List what an import did not take as it was, file by file."""
    rows = open_version(project, dataset, version).imports.problems(import_id, severity=severity)
    print_list(rows, _PROBLEM, as_json=as_json, empty="Everything was taken as it was.")


@imports.command("report")
def report(
    dataset: DatasetArgument,
    import_id: ImportArgument,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File; default: import-ID.csv.")
    ] = None,
    version: VersionOption = None,
    project: ProjectOption = None,
) -> None:
    """Download all problems of an import as a CSV file."""
    target = output or Path(f"import-{import_id}.csv")
    open_version(project, dataset, version).imports.download_report(import_id, target)
    notes.print(f"Wrote {target}.", markup=False, highlight=False)


@imports.command("cancel")
def cancel(
    dataset: DatasetArgument,
    import_id: ImportArgument,
    version: VersionOption = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Cancel an import; samples that it took already stay."""
    document = open_version(project, dataset, version).imports.cancel(import_id)
    print_fields(document, _IMPORT, as_json=as_json)


def _upload(opened: DatasetVersion, files: list[str], dataset: str, **settings: Any) -> Document:
    begun: Document = {}

    def how() -> str:
        if not begun:
            return ""
        listed = " ".join(files)
        return (
            f"The upload can be resumed for a day:\n  bml datasets import {dataset} {listed} "
            f"--version {opened.version_number} --resume {begun['import_id']}"
        )

    with transfer_progress() as progress, going_on(how):
        task = progress.add_task("Read files", total=None)

        def show(document: Document) -> None:
            begun.update(document)
            files = len(document["files"])
            what = document["filename"] if files == 1 else f"{files} files"
            progress.update(task, description=f"Upload {what}", total=document["size_bytes"])

        try:
            return opened.import_files(
                files, **settings, wait=False, progress=lambda size: progress.advance(task, size), show=show
            )
        finally:
            progress.update(task, visible=bool(begun))  # without an upload there is nothing to show


def _followed(opened: Imports, dataset: str, import_id: int, *, as_json: bool) -> Document:
    def how() -> str:
        return f"The import goes on. Look again: bml datasets imports show {dataset} {import_id} --wait"

    try:
        with followed("Import") as show, going_on(how):
            return opened.wait(import_id, show=show)
    except WorkFailedError as error:
        if error.document:
            print_fields(error.document, _IMPORT, as_json=as_json)
        raise


def _report(document: Document, dataset: str, *, as_json: bool) -> None:
    print_fields(document, _IMPORT, as_json=as_json)
    told = document["counts"]
    if any(told[name] for name in ("rejected", "skipped", "cut", "changed", "ignored")):
        command = f"bml datasets imports problems {dataset} {document['import_id']}"
        notes.print(
            f"Not everything was taken as it was: {command}",
            markup=False,
            highlight=False,
        )
