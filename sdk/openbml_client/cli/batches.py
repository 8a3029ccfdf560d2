"""`bml batch …`."""

from pathlib import Path
from typing import Annotated

import typer

from openbml_client.batches import FINAL, Batches
from openbml_client.cli import batch_schedules
from openbml_client.cli.batch_forms import (
    FormatOption,
    InputArgument,
    MachineOption,
    ModelOption,
    NodesOption,
    OutputFormatOption,
    OutputOption,
    ParameterOption,
    VariantOption,
    VersionOption,
    template,
)
from openbml_client.cli.clients import current_client
from openbml_client.cli.following import going_on
from openbml_client.cli.output import (
    JsonFlag,
    ProjectOption,
    YesFlag,
    field,
    notes,
    print_fields,
    print_json,
    print_list,
    transfer_progress,
    work_progress,
)
from openbml_client.client import Document
from openbml_client.waiting import succeeded, wait_until

app = typer.Typer(no_args_is_help=True)
app.add_typer(batch_schedules.app, name="schedules", help="Schedules: the same prediction again and again.")

WaitFlag = Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until it has ended.")]

_LIST = [
    ("Batch id", field("batch_id")),
    ("Name", field("name")),
    ("State", field("state")),
    ("Done", lambda batch: f"{batch['done']} / {batch['total'] or '?'}"),
    ("Failed", field("failed_items")),
    ("Model", lambda batch: f"{batch['model_id']} V{batch['model_version']}"),
    ("Minutes", field("minutes")),
    ("Started", field("started_at")),
]
_DETAIL = [
    *_LIST,
    ("Input", lambda batch: f"{batch['input']['uri']} ({batch['input_format']})"),
    ("Output", lambda batch: f"{batch['output_uri']} ({batch['output_format']})"),
    ("Machine", lambda batch: f"{batch['nodes']} × {batch['machine_type']}"),
    ("CNY/minute", field("price_per_minute")),
    ("Attempt", field("attempt")),
    ("Ended", field("ended_at")),
    ("Failure", lambda batch: (batch.get("failure") or {}).get("message")),
]


@app.command("create")
def create(
    name: str,
    source: InputArgument,
    model: ModelOption,
    model_version: VersionOption = 1,
    variant: VariantOption = "fp32",
    input_format: FormatOption = "auto",
    output: OutputOption = None,
    output_format: OutputFormatOption = "jsonl",
    machine: MachineOption = "CPU_4C_16G",
    nodes: NodesOption = 1,
    parameter: ParameterOption = None,
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    wait: WaitFlag = True,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Predict a whole input with a model version; it ends by itself."""
    client = current_client().project(project)
    form = template(
        client,
        source,
        model=model,
        model_version=model_version,
        variant=variant,
        input_format=input_format,
        output=output,
        output_format=output_format,
        machine=machine,
        nodes=nodes,
        parameters=parameter,
    )
    batch = client.batches.create({**form, "name": name, "description": description})
    _ended(client.batches, batch, wait=wait, as_json=as_json)


@app.command("list")
def list_batches(project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """List the project's batch predictions, the newest first."""
    empty = "No batch predictions yet. `bml batch create` makes one."
    print_list(current_client().project(project).batches.list(), _LIST, as_json=as_json, empty=empty)


@app.command("show")
def show(batch: str, project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """Show one batch prediction."""
    batches = current_client().project(project).batches
    print_fields(batches.get(_id(batches, batch)), _DETAIL, as_json=as_json)


@app.command("stop")
def stop(batch: str, wait: WaitFlag = True, project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """Stop a batch prediction; the parts that are done stay."""
    batches = current_client().project(project).batches
    stopped = batches.stop(_id(batches, batch))
    print_fields(_followed(batches, stopped) if wait else stopped, _DETAIL, as_json=as_json)


@app.command("resume")
def resume(
    batch: str, wait: WaitFlag = True, project: ProjectOption = None, as_json: JsonFlag = False
) -> None:
    """Start a stopped or failed one again, behind the parts that are done."""
    batches = current_client().project(project).batches
    _ended(batches, batches.resume(_id(batches, batch)), wait=wait, as_json=as_json)


@app.command("delete")
def delete(batch: str, yes: YesFlag = False, project: ProjectOption = None) -> None:
    """Delete a batch prediction that has ended, and the output that the platform keeps."""
    batches = current_client().project(project).batches
    found = batches.find(batch)
    if not yes:
        typer.confirm(f"Delete the batch prediction {found['name']} with its output?", abort=True)
    batches.delete(int(found["batch_id"]))
    notes.print(f"Deleted {found['name']}.", markup=False)


@app.command("download")
def download(
    batch: str,
    folder: Annotated[Path, typer.Argument(help="Where the files go.")],
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Fetch the output; what is there already is not fetched again."""
    batches = current_client().project(project).batches
    found = batches.find(batch)
    with transfer_progress() as progress:
        task = progress.add_task(str(found["name"]), total=None)
        again = f"Give the same command again to go on: bml batch download {batch} {folder}"
        with going_on(lambda: again):
            files = batches.download(
                int(found["batch_id"]), folder, lambda count: progress.advance(task, count)
            )
    if as_json:
        print_json([str(path) for path in files])
    else:
        notes.print(f"{len(files)} files are in {folder}.", markup=False)


def _id(batches: Batches, reference: str) -> int:
    return int(batches.find(reference)["batch_id"])


def _ended(batches: Batches, batch: Document, *, wait: bool, as_json: bool) -> None:
    """Print it; one that was waited for must have ended well."""
    after = _followed(batches, batch) if wait else batch
    print_fields(after, _DETAIL, as_json=as_json)
    if wait:
        succeeded(after, "batch prediction")


def _followed(batches: Batches, batch: Document) -> Document:
    """Wait for its end; the bar shows the items that failed and how many are answered in a second."""
    batch_id, name = int(batch["batch_id"]), batch["name"]
    with work_progress() as progress, going_on(lambda: f"It goes on. Look again: bml batch show {name}"):
        task = progress.add_task(name, total=None)

        def show(document: Document) -> None:
            speed = progress.tasks[0].speed
            parts = [f"{name} {document['state']}"]
            parts += [f"{document['failed_items']} failed"] if document["failed_items"] else []
            parts += [f"{speed:.0f}/s"] if speed else []
            progress.update(
                task,
                description=" · ".join(parts),
                completed=document["done"],
                total=document["total"] or _estimate(document),
            )

        return wait_until(lambda: batches.get(batch_id), FINAL, show=show)


def _estimate(document: Document) -> int | None:
    """Return about how many items there are, by the share of the input that was read."""
    share, done = float(document["share"]), int(document["done"])
    return max(done, round(done / share)) if share > 0 and done else None
