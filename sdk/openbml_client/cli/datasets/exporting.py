"""`bml datasets export` and `bml datasets exports …`."""

from pathlib import Path
from typing import Annotated

import typer

from openbml_client.cli.datasets.places import DatasetArgument, VersionOption, open_version
from openbml_client.cli.following import followed, going_on
from openbml_client.cli.output import (
    JsonFlag,
    ProjectOption,
    field,
    notes,
    print_fields,
    print_list,
    transfer_progress,
)
from openbml_client.datasets import DatasetVersion

verbs = typer.Typer()
exports = typer.Typer(no_args_is_help=True)

_EXPORT = [
    ("Export id", field("export_id")),
    ("Format", field("format")),
    ("State", field("state")),
    ("Samples", field("sample_count")),
    ("MB", field("size_MB")),
    ("Place", lambda row: row["storage_path"] if row["storage_type"] == "usrBos" else "the platform"),
    ("Failure", lambda row: (row.get("failure") or {}).get("message")),
    ("Started", field("created_at")),
]

ExportArgument = Annotated[int, typer.Argument(metavar="EXPORT_ID")]
OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", help="File to write; default: DATASET-FORMAT.zip.")
]


@verbs.command("export")
def export(
    dataset: DatasetArgument,
    format_code: Annotated[str, typer.Option("--format", "-f", help="Format, see `bml datasets formats`.")],
    output: OutputOption = None,
    label: Annotated[list[str] | None, typer.Option("--label", "-l", help="Only these labels.")] = None,
    state: Annotated[str | None, typer.Option(help="Only labelled or unlabelled samples.")] = None,
    storage: Annotated[str | None, typer.Option(help="Write to your own s3://bucket/path instead.")] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait and download it.")] = True,
    version: VersionOption = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Export a dataset version and download it.

    \b
    Examples:
      bml datasets export cars --format coco --label car -o cars.zip
    """
    opened = open_version(project, dataset, version)
    document = opened.exports.create(
        format_code,
        labels=label or None,
        annotation_state=state,
        storage_type=None if storage is None else "usrBos",
        storage_path=storage,
    )
    if wait:
        export_id = int(document["export_id"])
        place = f"{dataset} {export_id} --version {opened.version_number}"

        def how() -> str:
            return f"The export goes on. Fetch it: bml datasets exports download {place}"

        with followed("Export") as show, going_on(how):
            document = opened.exports.wait(export_id, show=show)
        if document["storage_type"] != "usrBos":
            _download(opened, export_id, output or Path(f"{_stem(dataset)}-{format_code}.zip"))
    print_fields(document, _EXPORT, as_json=as_json)


@exports.command("list")
def list_exports(
    dataset: DatasetArgument,
    version: VersionOption = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """List the exports of a version, the newest first."""
    rows = open_version(project, dataset, version).exports.list()
    print_list(rows, _EXPORT, as_json=as_json, empty="Nothing was exported yet.")


@exports.command("download")
def download(
    dataset: DatasetArgument,
    export_id: ExportArgument,
    output: OutputOption = None,
    version: VersionOption = None,
    project: ProjectOption = None,
) -> None:
    """Wait for an export and download it; goes on where an earlier download broke off."""
    opened = open_version(project, dataset, version)
    with followed("Export") as show:
        document = opened.exports.wait(export_id, show=show)
    _download(opened, export_id, output or Path(f"{_stem(dataset)}-{document['format']}.zip"))


@exports.command("cancel")
def cancel(
    dataset: DatasetArgument,
    export_id: ExportArgument,
    version: VersionOption = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Cancel an export."""
    document = open_version(project, dataset, version).exports.cancel(export_id)
    print_fields(document, _EXPORT, as_json=as_json)


def _download(opened: DatasetVersion, export_id: int, target: Path) -> None:
    size = opened.exports.get(export_id)["size_bytes"]
    place = f"{opened.dataset_id} {export_id} --version {opened.version_number} -o {target}"
    with (
        transfer_progress() as progress,
        going_on(lambda: f"Go on with: bml datasets exports download {place}"),
    ):
        task = progress.add_task(f"Download {target.name}", total=size)
        opened.exports.download(export_id, target, progress=lambda count: progress.advance(task, count))
    notes.print(f"Wrote {target}.", markup=False, highlight=False)


def _stem(dataset: str) -> str:
    return dataset.replace(":", "-").replace("/", "-")
