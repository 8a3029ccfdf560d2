"""`bml services logs`."""

import time
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from typing import Annotated

import typer

from openbml_client.cli.clients import current_client
from openbml_client.cli.output import JsonFlag, ProjectOption, local_time, notes, print_json
from openbml_client.resources import Document

verbs = typer.Typer()

_POLL_S = 2.0
_MOST_LINES = 500


class Role(StrEnum):
    MAIN = "main"
    CHALLENGER = "challenger"


@verbs.command("logs")
def logs(
    service: str,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until interrupted.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=_MOST_LINES, help="Newest lines.")] = 100,
    role: Annotated[Role, typer.Option(help="Which of two versions online.")] = Role.MAIN,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Print what the containers of a service say."""
    client = current_client().project(project)
    service_id = int(client.services.find(service)["service_id"])

    def read() -> Sequence[Document]:
        return client.service_logs.newest(service_id, limit=_MOST_LINES if follow else limit, role=role)

    if as_json and not follow:
        print_json(list(read()))
        return
    count = 0
    try:
        for line in new_lines(read, first=limit) if follow else read():
            _show(line)
            count += 1
    except KeyboardInterrupt:
        return
    if not count:
        notes.print("No lines yet.")


def new_lines(
    read: Callable[[], Sequence[Document]], *, first: int, sleep: Callable[[float], None] = time.sleep
) -> Iterator[Document]:
    """Yield the last lines, then each new one once; lines of several copies may come late."""
    lines = read()
    yield from lines[-first:]
    while True:
        seen = {line["id"] for line in lines}
        sleep(_POLL_S)
        lines = read()
        yield from (line for line in lines if line["id"] not in seen)


def _show(line: Document) -> None:
    typer.echo(f"{local_time(line['at'])} {line['instance']} {line['text']}")
