"""What commands print: tables and progress for people on the terminal, JSON for programs with `--json`."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TransferSpeedColumn,
)
from rich.table import Table

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
ProjectOption = Annotated[
    str | None,
    typer.Option("--project", "-p", envvar="OPENBML_PROJECT", help="Project by name or id."),
]

terminal = Console()
notes = Console(stderr=True)

YesFlag = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
LimitOption = Annotated[int, typer.Option(help="How many at most.", min=1)]

Column = tuple[str, Callable[[Mapping[str, Any]], object]]


def print_json(document: Any) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2))


def print_list(
    items: Iterable[Mapping[str, Any]], columns: Sequence[Column], *, as_json: bool, empty: str
) -> None:
    """Print a table, or an array with `--json`; `empty` tells what to do when there is nothing."""
    rows = list(items)
    if as_json:
        print_json(rows)
        return
    if not rows:
        notes.print(empty)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, (title, _) in enumerate(columns):
        table.add_column(title, overflow="fold", no_wrap=place == 0)  # ids are copied
    for row in rows:
        table.add_row(*(escape(text(value(row))) for _, value in columns))
    terminal.print(table)


def print_fields(document: Mapping[str, Any], fields: Sequence[Column], *, as_json: bool) -> None:
    """Print one object as `name  value` lines, or as JSON."""
    if as_json:
        print_json(document)
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for title, value in fields:
        table.add_row(title, escape(text(value(document))))
    terminal.print(table)


def counts(name: str) -> Callable[[Mapping[str, Any]], object]:
    """Show a member that maps names to numbers as `name number, …`, without what is 0."""
    return lambda row: ", ".join(f"{key} {count}" for key, count in (row.get(name) or {}).items() if count)


def field(name: str) -> Callable[[Mapping[str, Any]], object]:
    return lambda row: row.get(name)


def text(value: object) -> str:
    """Return a value as people read it: local times, `-` for nothing."""
    if value is None or value == "":
        return "-"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, str) and len(value) >= 20 and value[10:11] == "T":
        return local_time(value)
    return str(value)


def local_time(value: str) -> str:
    try:
        return datetime.fromisoformat(value).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return value


def transfer_progress() -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeElapsedColumn(),
        console=notes,
    )


def work_progress() -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),  # knows that a total may still be unknown
        TimeElapsedColumn(),
        console=notes,
    )
