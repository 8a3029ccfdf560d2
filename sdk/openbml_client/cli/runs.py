"""`bml runs …`."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from openbml_client.cli.assignments import assignments
from openbml_client.cli.following import followed, going_on
from openbml_client.cli.output import (
    JsonFlag,
    ProjectOption,
    field,
    notes,
    print_fields,
    print_json,
    print_list,
    terminal,
)
from openbml_client.client import Client, Document, ProjectClient, Training
from openbml_client.errors import WorkFailedError
from openbml_client.waiting import wait_until

app = typer.Typer(no_args_is_help=True)

_FINAL = {"succeeded", "failed", "stopped"}


def _accuracy(run: Mapping[str, Any]) -> object:
    return (run.get("metrics") or {}).get("accuracy")


_RUN = [
    ("Run id", field("run_id")),
    ("Version", lambda run: f"V{run['version_number']}"),
    ("State", field("state")),
    ("Network", field("network")),
    ("Machine", field("machine_type")),
    ("Accuracy", _accuracy),
    ("Trained (s)", field("training_seconds")),
    ("Cost (CNY)", field("cost_estimate")),
    ("Created", field("created_at")),
]


def _percent(name: str) -> Callable[[Mapping[str, Any]], object]:
    return lambda row: f"{row[name]:.2%}"


_OVERALL = [
    ("Accuracy", _percent("accuracy")),
    ("Macro F1", _percent("macro_f1")),
    ("Macro precision", _percent("macro_precision")),
    ("Macro recall", _percent("macro_recall")),
]
_PER_CLASS = [
    ("Class", field("label")),
    ("Precision", _percent("precision")),
    ("Recall", _percent("recall")),
    ("F1", _percent("f1")),
    ("Samples", field("support")),
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
    machine: Annotated[str, typer.Option(help="Machine type.")] = "GPU_P4",
    nodes: Annotated[int, typer.Option(min=1, max=6, help="Number of nodes.")] = 1,
    max_minutes: Annotated[int, typer.Option(min=1, help="Maximum training time.")] = 60,
    remark: str = "",
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Watch until the run ends.")] = False,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Start a training run."""
    client = Client().project(project)
    body = {
        "training_data": [_selection(client, reference) for reference in dataset],
        "evaluation_data": [_selection(client, reference) for reference in evaluation or []],
        "network": network,
        "hyper_parameters": assignments(param or [], "--param"),
        "machine_type": machine,
        "node_count": nodes,
        "max_training_minutes": max_minutes,
        "remark": remark,
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
    training = Client().project(project).training
    experiment_id = int(training.find_experiment(experiment)["experiment_id"])
    empty = "No runs yet. `bml runs start` starts one."
    print_list(training.runs(experiment_id), _RUN, as_json=as_json, empty=empty)


@app.command("watch")
def watch(run_id: int, project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """Follow a run until it ends; exit code 5 when it failed."""
    run = _watch(Client().project(project).training, run_id)
    print_fields(run, _RUN, as_json=as_json)
    _raise_if_failed(run)


@app.command("stop")
def stop(run_id: int, project: ProjectOption = None) -> None:
    """Stop a run; what it learned so far is kept."""
    run = Client().project(project).training.stop_run(run_id)
    notes.print(f"Run {run_id} is {run['state']}.")


@app.command("logs")
def logs(run_id: int, project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """Print what the job of a run printed."""
    lines = Client().project(project).training.logs(run_id)["items"]
    if as_json:
        print_json(lines)
    for line in [] if as_json else lines:
        typer.echo(line["message"])


@app.command("report")
def report(run_id: int, project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """Print the evaluation report of a run."""
    document = Client().project(project).training.report(run_id)
    if as_json:
        print_json(document)
        return
    print_report(document)


def print_report(document: Mapping[str, Any]) -> None:
    overall = document["overall"]
    terminal.print(document["conclusion"]["en"], highlight=False)
    print_fields(overall, _OVERALL, as_json=False)
    for caution in document["cautions"]:
        notes.print(f"[yellow]Caution:[/yellow] {caution['en']}", highlight=False)
    print_list(document["per_class"], _PER_CLASS, as_json=False, empty="No classes were evaluated.")


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
