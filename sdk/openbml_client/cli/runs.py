"""`bml runs …`."""

from pathlib import Path
from typing import Annotated

import typer

from openbml_client.cli import run_starting
from openbml_client.cli.clients import current_client
from openbml_client.cli.output import (
    Column,
    JsonFlag,
    ProjectOption,
    field,
    notes,
    print_fields,
    print_json,
    print_list,
)
from openbml_client.cli.reports import print_comparison, print_report
from openbml_client.cli.run_watching import RUN, raise_if_failed, watched

app = typer.Typer(no_args_is_help=True)

app.registered_commands.extend(run_starting.verbs.registered_commands)

_ENTRY: list[Column] = [
    ("Name", field("name")),
    ("Model", field("model")),
    ("Score", field("score")),
    ("Weight", field("weight")),
    ("Fitted (s)", field("fit_s")),
    ("State", field("state")),
]


@app.command("list")
def list_runs(experiment: str, project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """List the runs of an experiment."""
    training = current_client().project(project).training
    experiment_id = int(training.find_experiment(experiment)["experiment_id"])
    empty = "No runs yet. `bml runs start` starts one."
    print_list(training.runs(experiment_id), RUN, as_json=as_json, empty=empty)


@app.command("watch")
def watch(run_id: int, project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """Follow a run until it ends; exit code 5 when it failed."""
    run = watched(current_client().project(project).training, run_id)
    print_fields(run, RUN, as_json=as_json)
    raise_if_failed(run)


@app.command("stop")
def stop(run_id: int, project: ProjectOption = None) -> None:
    """Stop a run; what it learned so far is kept."""
    run = current_client().project(project).training.stop_run(run_id)
    notes.print(f"Run {run_id} is {run['state']}.")


@app.command("logs")
def logs(run_id: int, project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """Print what the job of a run printed."""
    lines = current_client().project(project).training.logs(run_id)["items"]
    if as_json:
        print_json(lines)
    for line in [] if as_json else lines:
        typer.echo(line["message"])


@app.command("report")
def report(
    run_id: int,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write it as an HTML file.")] = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Print the evaluation report of a run, or fetch it as one HTML file."""
    if output is not None:
        written = current_client().project(project).training.download_report(run_id, output)
        notes.print(f"Written to {written}.", highlight=False)
        return
    document = current_client().project(project).training.report(run_id)
    if as_json:
        print_json(document)
        return
    print_report(document)


@app.command("compare")
def compare(
    experiment: str,
    run_ids: Annotated[list[int], typer.Argument(help="Two to ten run ids.")],
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Compare runs of an experiment: figures, and the hyper-parameters that differ."""
    training = current_client().project(project).training
    document = training.comparison(int(training.find_experiment(experiment)["experiment_id"]), run_ids)
    if as_json:
        print_json(document)
        return
    print_comparison(document)


@app.command("leaderboard")
def leaderboard(run_id: int, project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """Show the models that a run of a table has trained so far, the best first; scores: higher is better.

    \b
    Examples:
      bml runs leaderboard 1234
    """
    document = current_client().project(project).training.leaderboard(run_id)
    if as_json:
        print_json(document)
        return
    print_list(document["entries"], _ENTRY, as_json=False, empty="No model of a table is trained yet.")


@app.command("script")
def script_of(run_id: int, project: ProjectOption = None) -> None:
    """Print the script that a run trains with."""
    typer.echo(current_client().project(project).training.script(run_id), nl=False)
