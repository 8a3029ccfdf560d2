"""`bml weights list | mirror | import`: for administrators, with the account's own AWS credentials."""

import json
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table

from openbml_local.command_failures import guarded
from openbml_local.errors import LocalCloudError, NotRunningError
from openbml_local.settings import default_state_directory
from openbml_local.stack import Stack
from openbml_local.state_directory import StateDirectory
from openbml_local.weights.entries import TAG_PATTERN, KnownWeights, WeightsEntry, known_weights
from openbml_local.weights.files import check_weights, sha256_of
from openbml_local.weights.hubs import WeightsUnavailableError, fetch
from openbml_local.weights.registry import WeightsRegistry

app = typer.Typer(no_args_is_help=True)
out = Console()
err = Console(stderr=True)

Bucket = Annotated[
    str | None,
    typer.Option(help="Data bucket of an installation in AWS [default: the local cloud's]."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


class _Row(BaseModel):
    """A line of `bml weights list`."""

    tag: str
    licence: str
    networks: Sequence[str]
    published_at: str | None
    held: bool
    sha256: str | None
    size_bytes: int | None

    @classmethod
    def of(cls, known: KnownWeights, entry: WeightsEntry | None) -> "_Row":
        return cls(
            tag=known.tag,
            licence=known.licence,
            networks=known.networks,
            published_at=known.source,
            held=entry is not None,
            sha256=entry.sha256 if entry else None,
            size_bytes=entry.size_bytes if entry else None,
        )

    @classmethod
    def own(cls, entry: WeightsEntry) -> "_Row":
        return cls(
            tag=entry.tag,
            licence=entry.licence,
            networks=(),
            published_at=None,
            held=True,
            sha256=entry.sha256,
            size_bytes=entry.size_bytes,
        )


class UnknownTagError(LocalCloudError):
    exit_code = 2


@app.command("list")
def list_weights(bucket: Bucket = None, as_json: AsJson = False) -> None:  # noqa: FBT002 - a flag of the command line
    """Show the weights that the catalogue's networks start from, and which of them the registry holds."""
    guarded(lambda: _list(bucket, as_json=as_json))


def _list(bucket: str | None, *, as_json: bool) -> None:
    registry = _registry(bucket)
    held = {entry.tag: entry for entry in registry.entries()}
    known = {row.tag: row for row in known_weights()}
    rows = [_Row.of(row, held.get(row.tag)) for row in known.values()]
    rows += [_Row.own(entry) for tag, entry in held.items() if tag not in known]
    if as_json:
        documents = [row.model_dump() for row in rows]
        typer.echo(json.dumps(documents, ensure_ascii=False, indent=2))
        return
    table = Table("Tag", "Licence", "Networks", "Held", "Size (MB)")
    for row in rows:
        size = f"{row.size_bytes / 1e6:.1f}" if row.size_bytes else ""
        table.add_row(row.tag, row.licence, ", ".join(row.networks), "yes" if row.held else "no", size)
    out.print(table)
    err.print(
        f"{len(held)} of {len(rows)} are in the registry. `bml weights mirror TAG` fetches one.",
        highlight=False,
    )


@app.command()
def mirror(
    tags: Annotated[list[str] | None, typer.Argument(help="Tags as `bml weights list` shows them.")] = None,
    network: Annotated[list[str] | None, typer.Option(help="All weights of a network. Repeatable.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All weights that are published openly.")] = False,  # noqa: FBT002
    bucket: Bucket = None,
) -> None:
    """Fetch weights from where they are published, check their SHA-256 and keep them in the registry.

    What is held already is left as it is, so a call that was cut off can be repeated.
    """
    guarded(lambda: _mirror_all(_chosen(tags or [], network or [], everything=everything), bucket))


def _mirror_all(chosen: list[KnownWeights], bucket: str | None) -> None:
    registry = _registry(bucket)
    failed = 0
    for row in chosen:
        if registry.entry(row.tag) is not None:
            err.print(f"{row.tag} is held already.", highlight=False)
            continue
        try:
            _mirror(row, registry)
        except LocalCloudError as error:
            if len(chosen) == 1:
                raise
            failed += 1
            err.print(f"[red]{row.tag}:[/] {error}", highlight=False, soft_wrap=True)
    if failed:
        raise WeightsUnavailableError(f"{failed} of {len(chosen)} could not be fetched; see above")


@app.command("import")
def import_weights(
    file: Annotated[Path, typer.Argument(help="A .safetensors or .pth file.")],
    tag: Annotated[str, typer.Option(help="The catalogue's tag, or a name of your own.")],
    licence: Annotated[str | None, typer.Option(help="Needed for a name of your own.")] = None,
    bucket: Bucket = None,
) -> None:
    """Keep a file of weights: one downloaded elsewhere, or a check-point of your own.

    Runs use weights of your own by the hyper-parameter `weights_tag`.
    """
    guarded(lambda: _import(file, tag, licence, bucket))


def _import(file: Path, tag: str, licence: str | None, bucket: str | None) -> None:
    if not re.fullmatch(TAG_PATTERN, tag):
        raise UnknownTagError(f"{tag!r} is no tag: letters, digits, . - _ and one slash at most")
    known = {row.tag: row for row in known_weights()}.get(tag)
    licence = licence or (known.licence if known else None)
    if licence is None:
        raise UnknownTagError(f"{tag} is not in the catalogue: say its --licence")
    check_weights(file)
    entry = WeightsEntry(
        tag=tag,
        file=f"weights{file.suffix}",
        sha256=sha256_of(file),
        size_bytes=file.stat().st_size,
        licence=licence,
        source=f"file {file.name}",
    )
    _registry(bucket).put(entry, file)
    out.print(
        f"{tag}: {entry.size_bytes / 1e6:.1f} MB, SHA-256 {entry.sha256}, licence {licence}", highlight=False
    )


def _mirror(row: KnownWeights, registry: WeightsRegistry) -> None:
    if row.source is None:
        raise WeightsUnavailableError(
            f"{row.tag} is not published openly; bring it with `bml weights import`"
        )
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with tempfile.TemporaryDirectory() as folder, Progress(*columns, console=err) as bar:
        task = bar.add_task(row.tag, total=None)
        fetched = fetch(
            row.source, Path(folder), lambda done, total: bar.update(task, completed=done, total=total)
        )
        check_weights(fetched.path)
        entry = WeightsEntry(
            tag=row.tag,
            file=f"weights{fetched.path.suffix}",
            sha256=fetched.sha256,
            size_bytes=fetched.size_bytes,
            licence=row.licence,
            source=fetched.address,
        )
        registry.put(entry, fetched.path)
    out.print(f"{row.tag}: {entry.size_bytes / 1e6:.1f} MB, licence {row.licence}", highlight=False)


def _chosen(tags: list[str], networks: list[str], *, everything: bool) -> list[KnownWeights]:
    known = known_weights()
    if everything:
        return [row for row in known if row.source is not None]
    listed = {row.tag for row in known}
    named = {name for row in known for name in row.networks}
    unknown = [tag for tag in tags if tag not in listed] + [name for name in networks if name not in named]
    if unknown:
        raise UnknownTagError(
            f"the catalogue has no {', '.join(unknown)}: `bml weights list` shows what there is"
        )
    chosen = [row for row in known if row.tag in tags or set(networks) & set(row.networks)]
    if not chosen:
        raise UnknownTagError("say which weights: TAGs, --network NAME, or --all")
    return chosen


def _registry(bucket: str | None) -> WeightsRegistry:
    if bucket is not None:
        import boto3

        return WeightsRegistry(boto3.client("s3"), bucket=bucket)
    state = StateDirectory(default_state_directory())
    stack = Stack(state.cloud())
    name = stack.outputs().get("DataBucketName")
    if name is None:
        raise NotRunningError("an installation")
    return WeightsRegistry(stack.client("s3"), bucket=name)
