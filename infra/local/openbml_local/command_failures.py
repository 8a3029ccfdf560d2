"""How commands of the local cloud fail: one message and an exit code, no traceback."""

from collections.abc import Callable

import typer
from rich.console import Console

from openbml_local.errors import LocalCloudError

_err = Console(stderr=True)


def guarded(action: Callable[[], None]) -> None:
    """Run an action; a failure of the local cloud becomes one message and its exit code."""
    try:
        action()
    except LocalCloudError as error:
        _err.print(f"[red]error:[/] {error}", highlight=False, soft_wrap=True)
        raise typer.Exit(error.exit_code) from error
