"""`bml models …` about versions: side by side, where they come from, cards, exports."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from openbml_client.cli.clients import current_client
from openbml_client.cli.following import followed
from openbml_client.cli.output import (
    JsonFlag,
    ProjectOption,
    YesFlag,
    field,
    notes,
    print_fields,
    print_json,
    print_list,
    transfer_progress,
)

verbs = typer.Typer()

Version = Annotated[int, typer.Argument(min=1, help="Version, 1 for V1.")]

_LINEAGE = [
    ("Version", lambda row: f"V{row['version']['version_number']}"),
    ("Source", lambda row: row["version"]["source"]),
    ("Run", lambda row: f"{row['run']['name']} ({row['run']['run_id']})" if row["run"] else None),
    ("Import", field("import_id")),
    ("Datasets", lambda row: _joined(_dataset(one) for one in row["datasets"])),
    ("Snapshot", field("snapshot")),
    ("Code", field("code_digest")),
    ("Image", field("image_digest")),
    ("Content", field("content_digest")),
    ("Hyper-parameters", lambda row: _joined(f"{k}={v}" for k, v in row["hyper_parameters"].items())),
    ("Used by", lambda row: _joined(one["by"] for one in row["services"])),
]


@verbs.command("compare")
def compare(
    model: str,
    versions: Annotated[list[int], typer.Argument(help="Two to ten versions.")],
    everything: Annotated[bool, typer.Option("--all", help="Show what is equal, too.")] = False,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Show versions side by side: figures, proof, sizes, latency, data, hyper-parameters.

    Example: bml models compare churn 1 2
    """
    models = current_client().project(project).models
    document = models.compare(int(models.find(model)["model_id"]), versions)
    if as_json:
        print_json(document)
        return
    columns = [
        ("Group", field("group")),
        ("Name", field("name")),
        *((f"V{number}", _value(place)) for place, number in enumerate(document["versions"])),
    ]
    rows = [row for row in document["rows"] if everything or row["differs"]]
    print_list(rows, columns, as_json=False, empty="These versions do not differ.")


@verbs.command("lineage")
def lineage(model: str, version: Version, project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """Show where a version came from, and what answers with it."""
    models = current_client().project(project).models
    document = models.lineage(int(models.find(model)["model_id"]), version)
    print_fields(document, _LINEAGE, as_json=as_json)


@verbs.command("card")
def card(
    model: str,
    version: Version,
    output: Annotated[Path | None, typer.Option(help="Write it to this file.")] = None,
    project: ProjectOption = None,
) -> None:
    """Show a version's model card in Markdown."""
    models = current_client().project(project).models
    markdown = models.card(int(models.find(model)["model_id"]), version)
    if output is None:
        typer.echo(markdown, nl=False)
        return
    output.write_text(markdown, encoding="utf-8")
    notes.print(f"Written to {output}.", markup=False)


@verbs.command("export")
def export(
    model: str,
    version: Version,
    output: Annotated[Path | None, typer.Option(help="The zip; default: MODEL-VN.zip here.")] = None,
    project: ProjectOption = None,
) -> None:
    """Pack a version as an MLflow model and fetch it.

    Example: bml models export churn 1 --output churn.zip
    """
    models = current_client().project(project).models
    found = models.find(model)
    target = output or Path(f"{''.join(c if c.isalnum() else '_' for c in found['name'])}-V{version}.zip")
    with followed("export") as show, transfer_progress() as progress:
        task = progress.add_task("download", total=None)
        models.export(
            int(found["model_id"]),
            version,
            target,
            show=show,
            progress=lambda count: progress.advance(task, count),
        )
    notes.print(f"Written to {target}.", markup=False)


@verbs.command("describe")
def describe(
    model: str,
    description: str,
    version: Annotated[int | None, typer.Option(min=1, help="Of this version; default: the model.")] = None,
    project: ProjectOption = None,
) -> None:
    """Change the description of a model or of a version."""
    models = current_client().project(project).models
    model_id = int(models.find(model)["model_id"])
    if version is None:
        models.change(model_id, description=description)
    else:
        models.describe_version(model_id, version, description)
    notes.print("Changed.")


@verbs.command("delete")
def delete(
    model: str,
    version: Annotated[int | None, typer.Option(min=1, help="Only this version.")] = None,
    yes: YesFlag = False,
    project: ProjectOption = None,
) -> None:
    """Delete a model with all versions, or one version; refused while something uses it.

    Example: bml models delete churn --version 1
    """
    models = current_client().project(project).models
    found = models.find(model)
    what = f"{found['name']} V{version}" if version else f"{found['name']} with all its versions"
    if not yes:
        typer.confirm(f"Delete {what}?", abort=True)
    if version:
        models.delete_version(int(found["model_id"]), version)
    else:
        models.delete(int(found["model_id"]))
    notes.print(f"{what} is being deleted.", markup=False)


def _joined(parts: Iterable[str]) -> str | None:
    return ", ".join(parts) or None


def _dataset(row: Mapping[str, Any]) -> str:
    return f"{row['dataset_id']} V{row['version_number']}"


def _value(place: int) -> Callable[[Mapping[str, Any]], object]:
    return lambda row: row["values"][place]
