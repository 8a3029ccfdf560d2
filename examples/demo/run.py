"""The main job on real data: a zip of labelled images becomes a prediction API, every step timed.

Run by `make demo` after `bml up`. It calls only what a user can call: the client of `sdk/`. What an earlier
demo made is used again.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from rich.console import Console
from rich.table import Table

from openbml_client import Client, OpenBMLClientError, PredictionClient
from openbml_client.client import Document, ProjectClient
from openbml_client.errors import NotFoundError, WorkFailedError
from openbml_client.sessions import SessionFile
from openbml_client.transport import Transport

SAMPLES = Path(__file__).resolve().parents[1] / "sign_digits"
BML = Path(sys.executable).with_name("bml")
NAME = "sign-digits"
PARAMETERS = {"epochs": 14, "input_size": 64, "batch_size": 32, "seed": 7}

terminal = Console(highlight=False)
timings: list[tuple[str, float]] = []


@contextmanager
def step(title: str) -> Iterator[None]:
    started = time.monotonic()
    terminal.print(f"[bold]{title}[/bold]")
    yield
    seconds = time.monotonic() - started
    timings.append((title, seconds))
    terminal.print(f"  [dim]{seconds:.1f} s[/dim]")


def wait(read: Callable[[], Document], done: set[str], show: Callable[[Document], str]) -> Document:
    """Poll until the state is one of `done`, showing what changes."""
    shown = ""
    while True:
        document = read()
        line = show(document)
        if line != shown:
            terminal.print(f"  {line}")
            shown = line
        if document["state"] in done:
            return document
        time.sleep(0.5)


def sign_in() -> Client:
    reply = subprocess.run(
        [str(BML), "status", "--json", "--show-password"], capture_output=True, text=True, check=False
    )
    if reply.returncode != 0:
        raise OpenBMLClientError("The local cloud is not up. Run `bml up` and try again.")
    status = json.loads(reply.stdout)
    transport = Transport(status["url"], sessions=SessionFile.default())
    transport.sign_in(status["administrator"]["email"], status["administrator"]["password"])
    return Client(transport)


def dataset(project: ProjectClient) -> int:
    try:
        found = project.datasets.find(NAME)
    except NotFoundError:
        found = project.datasets.create(NAME, kind="image_classification")
    dataset_id = int(found["dataset_id"])
    if found["sample_count"]:
        terminal.print(f"  {found['sample_count']} images are there already")
        return dataset_id
    ended = project.datasets.import_files(dataset_id, 1, [SAMPLES / "train.zip"])
    terminal.print(f"  {ended['counts']['accepted']} images")
    return dataset_id


def run(project: ProjectClient, dataset_id: int) -> Document:
    try:
        experiment = project.training.find_experiment(NAME)
    except NotFoundError:
        experiment = project.training.create_experiment(
            NAME, task_type="image_classification", direction="vision"
        )
    experiment_id = int(experiment["experiment_id"])
    for earlier in project.training.runs(experiment_id):
        if earlier["state"] == "succeeded":
            terminal.print(f"  V{earlier['version_number']} has succeeded already")
            return earlier
    body = {
        "training_data": [{"dataset_id": dataset_id, "version_number": 1}],
        "network": "ResNet18_vd",
        "hyper_parameters": PARAMETERS,
        "machine_type": "GPU_P4",
        "node_count": 1,
        "max_training_minutes": 30,
    }
    started = project.training.start_run(experiment_id, body)
    ended = wait(
        lambda: project.training.run(int(started["run_id"])), {"succeeded", "failed", "stopped"}, run_line
    )
    if ended["state"] != "succeeded":
        raise WorkFailedError(f"The run {ended['state']}: {ended['failure']}")
    return ended


def run_line(document: Document) -> str:
    progress = document["progress"] or {}
    epochs = f" · epoch {progress.get('epoch')}/{progress['epochs']}" if progress.get("epochs") else ""
    stage = f" · {document['stage']}" if document["stage"] else ""
    return f"{document['state']}{stage}{epochs}"


def print_evaluation(project: ProjectClient, run_id: int) -> None:
    report = project.training.report(run_id)
    overall = report["overall"]
    terminal.print(f"  {report['conclusion']['en']}")
    table = Table(box=None)
    for column in ("accuracy", "macro_f1", "macro_precision", "macro_recall"):
        table.add_column(column.replace("_", " "))
    table.add_row(
        *(f"{overall[name]:.1%}" for name in ("accuracy", "macro_f1", "macro_precision", "macro_recall"))
    )
    terminal.print(table)


def model(project: ProjectClient, run_id: int) -> Document:
    try:
        found = project.models.find(NAME)
    except NotFoundError:
        found = project.models.create(NAME, task_type="image_classification")
    model_id = int(found["model_id"])
    versions = list(project.models.versions(model_id))
    version = next((row for row in versions if int(row["run_id"]) == run_id), None)
    version = version or project.models.publish(model_id, run_id)
    number = int(version["version_number"])
    ready = wait(
        lambda: project.models.version(model_id, number),
        {"ready", "failed"},
        lambda row: f"V{row['version_number']} {row['state']}",
    )
    if ready["state"] != "ready":
        raise WorkFailedError(f"Publishing failed: {ready}")
    terminal.print(f"  ONNX equals torch within {ready['onnx']['max_abs_diff']:.2g}")
    return ready


def service(project: ProjectClient, version: Document) -> Document:
    try:
        found = project.services.find(NAME)
        if found["state"] in {"stopped", "failed"}:
            found = project.services.restart(int(found["service_id"]))
    except NotFoundError:
        body = {
            "name": NAME,
            "suffix": NAME,
            "model_id": version["model_id"],
            "model_version": version["version_number"],
            "machine_type": "SVC_CPU",
            "compute_units": 1,
            "instances": 2,
        }
        found = project.services.deploy(body)
    ended = wait(
        lambda: project.services.get(int(found["service_id"])),
        {"running", "failed"},
        lambda row: f"{row['state']} ({row['price_per_hour']} CNY/hour)",
    )
    if ended["state"] != "running":
        raise WorkFailedError(f"The deployment failed: {ended['failure']}")
    return ended


def predict(client: Client, url: str) -> None:
    application = next((row for row in client.applications() if row["name"] == NAME), None)
    application = application or client.create_application(NAME)
    keys = (application["api_key"], application["secret_key"])
    with PredictionClient(client.transport.url, *keys) as caller:
        for image in sorted((SAMPLES / "test").glob("*.jpg"))[:3]:
            reply = caller.classify(url, image, top_num=3)
            answers = ", ".join(f"{row['name']} {row['score']:.2f}" for row in reply["results"])
            terminal.print(f"  {image.name}: {answers}")


def print_bill(client: Client) -> None:
    bill = client.bill()
    for item in [*bill["items"], *bill["accruing"]]:
        terminal.print(
            f"  {item['resource_type']} {item['resource_name'] or item['resource_id']}: "
            f"{item['billed_minutes']} min, {item['free_minutes']} of them free, "
            f"{Decimal(item['amount']):.2f} {bill['currency']}"
        )
    terminal.print(f"  total {bill['total']} {bill['currency']}")


def main() -> None:
    with step("Sign in"):
        client = sign_in()
        project = client.project()
    with step("Import labelled images"):
        dataset_id = dataset(project)
    with step("Train ResNet18_vd"):
        trained = run(project, dataset_id)
    with step("Evaluate"):
        print_evaluation(project, int(trained["run_id"]))
    with step("Publish the model"):
        version = model(project, int(trained["run_id"]))
    with step("Deploy two instances"):
        deployed = service(project, version)
    with step("Predict through the public API"):
        predict(client, deployed["url"])
    with step("Bill so far"):
        print_bill(client)
    terminal.print(f"\nTotal {sum(seconds for _, seconds in timings):.0f} s. The local cloud stays up.")
    terminal.print(f"  Console  {client.transport.url}  (bml status --show-password shows the sign-in)")
    terminal.print(f"  API      {deployed['url']}", soft_wrap=True)
    terminal.print("  Stop     .venv/bin/bml down")


if __name__ == "__main__":
    try:
        main()
    except OpenBMLClientError as error:
        terminal.print(f"[red]The demo stopped:[/red] {error}")
        sys.exit(1)
