"""`bml runs …`."""

from pathlib import Path
from typing import Annotated

import typer

from openbml_client.cli.assignments import assignments
from openbml_client.cli.clients import current_client
from openbml_client.cli.following import followed, going_on
from openbml_client.cli.output import (
    JsonFlag,
    ProjectOption,
    field,
    notes,
    print_fields,
    print_json,
    print_list,
)
from openbml_client.cli.reports import print_comparison, print_report, quality
from openbml_client.cli.run_requests import augmentation_of, source_of, subnet_of
from openbml_client.client import Document, ProjectClient, Training
from openbml_client.errors import WorkFailedError
from openbml_client.resources import given
from openbml_client.waiting import wait_until

app = typer.Typer(no_args_is_help=True)

_FINAL = {"succeeded", "failed", "stopped"}


_RUN = [
    ("Run id", field("run_id")),
    ("Version", lambda run: f"V{run['version_number']}"),
    ("State", field("state")),
    ("Network", field("network")),
    ("Machine", field("machine_type")),
    ("Quality", quality),
    ("Trained (s)", field("training_seconds")),
    ("Cost (CNY)", field("cost_estimate")),
    ("Created", field("created_at")),
]


@app.command("start")
def start(
    experiment: str,
    dataset: Annotated[list[str], typer.Option("--dataset", "-d", help="Training data: NAME or NAME:V1.")],
    network: Annotated[str, typer.Option("--network", "-n", help="Network of the catalogue.")],
    evaluation: Annotated[list[str] | None, typer.Option(help="Evaluation set: NAME or NAME:V1.")] = None,
    param: Annotated[
        list[str] | None, typer.Option("--param", help="Hyper-parameter, e.g. epochs=10. Repeatable.")
    ] = None,
    augmentation: Annotated[
        str | None, typer.Option(help="none, default, auto:MINUTES, or a JSON file with operators.")
    ] = None,
    script: Annotated[Path | None, typer.Option(help="Script with conf and create_model.")] = None,
    search: Annotated[
        str | None, typer.Option(help="Search hyper-parameters: random, bayesian or evolutionary.")
    ] = None,
    search_set: Annotated[
        list[str] | None,
        typer.Option("--search-set", help="Field of the search, e.g. max_trials=20. Repeatable."),
    ] = None,
    space: Annotated[Path | None, typer.Option(help="JSON file with the search space.")] = None,
    use_search: Annotated[int | None, typer.Option(help="Take the values that a search found.")] = None,
    base: Annotated[int | None, typer.Option(help="Train on from this run's model.")] = None,
    subnet: Annotated[
        str | None, typer.Option(help="Sub-net of a run of NAS-Supernet, RUN:NUMBER, for NAS-Subnet.")
    ] = None,
    machine: Annotated[str, typer.Option(help="Machine type.")] = "GPU_P4",
    nodes: Annotated[int, typer.Option(min=1, max=6, help="Number of nodes.")] = 1,
    max_minutes: Annotated[int, typer.Option(min=1, help="Maximum training time.")] = 60,
    remark: str = "",
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Watch until the run ends.")] = False,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Start a training run."""
    client = current_client().project(project)
    body = {
        "training_data": [_selection(client, reference) for reference in dataset],
        "evaluation_data": [_selection(client, reference) for reference in evaluation or []],
        "network": network,
        "hyper_parameters": assignments(param or [], "--param"),
        "machine_type": machine,
        "node_count": nodes,
        "max_training_minutes": max_minutes,
        "remark": remark,
        **given(
            augmentation=augmentation_of(augmentation),
            hyper_parameter_source=source_of(
                script=script, search=search, search_set=search_set or [], space=space, existing=use_search
            ),
            base_run_id=base,
            subnet=subnet_of(subnet),
        ),
    }
    experiment_id = int(client.training.find_experiment(experiment)["experiment_id"])
    run = client.training.start_run(experiment_id, body)
    if wait:
        run = _watch(client.training, int(run["run_id"]))
    print_fields(run, _RUN, as_json=as_json)
    _raise_if_failed(run)


@app.command("list")
def list_runs(experiment: str, project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """List the runs of an experiment."""
    training = current_client().project(project).training
    experiment_id = int(training.find_experiment(experiment)["experiment_id"])
    empty = "No runs yet. `bml runs start` starts one."
    print_list(training.runs(experiment_id), _RUN, as_json=as_json, empty=empty)


@app.command("watch")
def watch(run_id: int, project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """Follow a run until it ends; exit code 5 when it failed."""
    run = _watch(current_client().project(project).training, run_id)
    print_fields(run, _RUN, as_json=as_json)
    _raise_if_failed(run)


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


@app.command("script")
def script_of(run_id: int, project: ProjectOption = None) -> None:
    """Print the script that a run trains with."""
    typer.echo(current_client().project(project).training.script(run_id), nl=False)


def _watch(training: Training, run_id: int) -> Document:
    with followed("Run") as show, going_on(lambda: f"The run goes on. Follow it: bml runs watch {run_id}"):
        return wait_until(lambda: training.run(run_id), _FINAL, show=show)


def _raise_if_failed(run: Document) -> None:
    if run["state"] == "failed":
        raise WorkFailedError(
            f"The run failed: {(run.get('failure') or {}).get('message', 'no cause known')}"
        )


def _selection(client: ProjectClient, reference: str) -> Document:
    version = client.datasets.open(reference)
    return {"dataset_id": version.dataset_id, "version_number": version.version_number}
