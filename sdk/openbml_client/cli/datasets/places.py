"""Options that say which dataset and version a command is about."""

from typing import Annotated

import typer

from openbml_client.cli.clients import current_client
from openbml_client.datasets import Datasets, DatasetVersion

DatasetArgument = Annotated[str, typer.Argument(metavar="DATASET", help="Name or id, or NAME:V2.")]
VersionOption = Annotated[
    int | None, typer.Option("--version", "-v", min=1, help="Dataset version, 2 for V2; default V1.")
]
WaitFlag = Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until it ends.")]


def open_datasets(project: str | None) -> Datasets:
    return current_client().project(project).datasets


def open_version(project: str | None, dataset: str, version: int | None) -> DatasetVersion:
    return open_datasets(project).open(dataset, version)
