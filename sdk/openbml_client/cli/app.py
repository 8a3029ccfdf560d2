"""Assembles the `bml` command and turns errors into one line and an exit code.

Exit codes: 0 done, 1 the platform refused or failed, 2 wrong usage, 3 not signed in, 4 not found, 5 the work
that was waited for failed, 130 interrupted.
"""

import sys
from importlib.metadata import entry_points

import typer

from openbml_client.cli import (
    accounts,
    batches,
    bills,
    datasets,
    experiments,
    models,
    networks,
    rebuilding,
    runs,
    searches,
    services,
    tracing,
)
from openbml_client.cli.output import local_time, notes
from openbml_client.errors import (
    ApiError,
    ConflictError,
    InvalidChoiceError,
    NotFoundError,
    NotSignedInError,
    OpenBMLClientError,
    WorkFailedError,
)


def build_app() -> typer.Typer:
    app = typer.Typer(
        name="bml",
        help="OpenBML: from labelled data to a prediction API.",
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
    )
    app.command("login")(accounts.login)
    app.command("logout")(accounts.logout)
    app.command("whoami")(accounts.whoami)
    app.add_typer(accounts.apps, name="apps", help="Applications: key pairs that call prediction APIs.")
    app.add_typer(accounts.projects, name="projects", help="Projects: what a team shares.")
    app.add_typer(datasets.app, name="datasets", help="Datasets: import and look at labelled data.")
    app.add_typer(experiments.app, name="experiments", help="Experiments: one task, many runs.")
    app.add_typer(runs.app, name="runs", help="Runs: train, watch, stop, evaluate.")
    app.add_typer(networks.app, name="networks", help="Networks: what a run can train.")
    app.add_typer(searches.app, name="searches", help="Searches: trials of hyper-parameters.")
    app.add_typer(models.app, name="models", help="Models: publish, import, compare, export versions.")
    app.add_typer(services.app, name="services", help="Online services: deploy, stop, predict.")
    app.add_typer(batches.app, name="batch", help="Batch predictions: whole inputs, once or by a schedule.")
    app.command("rebuild")(rebuilding.rebuild)
    app.command("trace")(tracing.trace)
    app.command("bill")(bills.bill)
    _add_plugins(app)
    return app


def _add_plugins(app: typer.Typer) -> None:
    """Mount commands of other installed packages, such as the local cloud's `up` and `down`."""
    for point in sorted(entry_points(group="openbml.cli"), key=lambda point: point.name):
        plugin: typer.Typer = point.load()
        app.registered_commands.extend(plugin.registered_commands)
        app.registered_groups.extend(plugin.registered_groups)


def main() -> None:
    try:
        build_app()()
    except OpenBMLClientError as error:
        notes.print(f"[red]Error:[/red] {_escaped(error)}", highlight=False)
        sys.exit(exit_code(error))


def _escaped(error: OpenBMLClientError) -> str:
    message = str(error).replace("[", r"\[")
    if isinstance(error, ConflictError) and error.changed_at:
        who = f"user {error.changed_by}" if error.changed_by else "an import or a model"
        message += f" Changed by {who} at {local_time(error.changed_at.isoformat())}."
    if isinstance(error, ApiError) and error.request_id:
        message += f" [dim](request {error.request_id})[/dim]"
    return message


def exit_code(error: OpenBMLClientError) -> int:
    if isinstance(error, NotSignedInError):
        return 3
    if isinstance(error, NotFoundError):
        return 4
    if isinstance(error, InvalidChoiceError):
        return 2
    return 5 if isinstance(error, WorkFailedError) else 1
