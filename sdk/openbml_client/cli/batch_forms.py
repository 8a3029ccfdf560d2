"""The form of a batch prediction as options; files of this machine are sent first."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from openbml_client.cli.assignments import assignments
from openbml_client.cli.following import going_on
from openbml_client.cli.output import transfer_progress
from openbml_client.client import ProjectClient
from openbml_client.errors import InvalidChoiceError
from openbml_client.resources import Document

InputArgument = Annotated[
    str,
    typer.Argument(
        metavar="INPUT", help="s3://… of a file, of a folder with / at its end; or a file or folder here."
    ),
]
ModelOption = Annotated[str, typer.Option(help="Model by name or id.")]
VersionOption = Annotated[int, typer.Option(help="Version, 1 for V1.")]
VariantOption = Annotated[str, typer.Option(help="fp32, int8 or fp16: which of the version's files.")]
FormatOption = Annotated[str, typer.Option(help="auto, jsonl, folder, zip, csv or parquet.")]
OutputOption = Annotated[
    str | None, typer.Option(help="s3://…/ where predictions go; default: the platform keeps them.")
]
OutputFormatOption = Annotated[str, typer.Option(help="jsonl, folder, zip, csv or parquet.")]
MachineOption = Annotated[str, typer.Option(help="Machine type.")]
NodesOption = Annotated[int, typer.Option(min=1, max=6, help="Machines that share the work.")]
ParameterOption = Annotated[
    list[str] | None,
    typer.Option("--set", help="NAME=VALUE of every request, e.g. threshold=0.5. Repeat it."),
]


def template(
    client: ProjectClient,
    source: str,
    *,
    model: str,
    model_version: int,
    variant: str,
    input_format: str,
    output: str | None,
    output_format: str,
    machine: str,
    nodes: int,
    parameters: Sequence[str] | None,
) -> Document:
    """Return the form's fields.

    Raises:
        InvalidChoiceError: the input is neither an address nor a file or folder here.
        NotFoundError: there is no such model.
        UploadError: a file could not be sent.
    """
    model_id = int(client.models.find(model)["model_id"])
    values = assignments(parameters or (), "--set")
    return {
        "model_id": model_id,
        "model_version": model_version,
        "variant": variant,
        "input": {"uri": source if source.startswith("s3://") else _sent(client, Path(source))},
        "input_format": input_format,
        "output": {"uri": output} if output else {},
        "output_format": output_format,
        "machine_type": machine,
        "nodes": nodes,
        "parameters": values,
    }


def _sent(client: ProjectClient, path: Path) -> str:
    files = _files(path)
    with transfer_progress() as progress:
        total = sum(file.stat().st_size for file in files.values())
        task = progress.add_task(path.name, total=total)
        with going_on(lambda: "Nothing was started. Give the same command again."):
            uri = client.batches.upload(files, lambda count: progress.advance(task, count))
    # One file is named by itself, so that its format is told by its name.
    return f"{uri}{path.name}" if path.is_file() else uri


def _files(path: Path) -> Mapping[str, Path]:
    if path.is_file():
        return {path.name: path}
    if not path.is_dir():
        raise InvalidChoiceError(f"{path} is no file or folder here, and no s3://… address.")
    found = {
        file.relative_to(path).as_posix(): file
        for file in sorted(path.rglob("*"))
        if file.is_file() and not any(part.startswith(".") for part in file.relative_to(path).parts)
    }
    if not found:
        raise InvalidChoiceError(f"There is nothing in {path}.")
    return found
