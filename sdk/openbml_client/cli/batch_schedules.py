"""`bml batch schedules …`."""

from datetime import datetime
from typing import Annotated

import typer

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
from openbml_client.cli.output import (
    JsonFlag,
    ProjectOption,
    YesFlag,
    field,
    notes,
    print_fields,
    print_list,
)
from openbml_client.errors import InvalidChoiceError
from openbml_client.resources import given

app = typer.Typer(no_args_is_help=True)

UnitOption = Annotated[str, typer.Option(help="minute, hour, day, week or month.")]
EveryOption = Annotated[int, typer.Option(min=1, max=1000, help="Every so many units.")]
StartOption = Annotated[
    str, typer.Option("--from", help="First time, with its zone: 2026-12-01T02:00+08:00.")
]
EndOption = Annotated[str | None, typer.Option("--until", help="No time after this one.")]
ZoneOption = Annotated[
    str, typer.Option("--zone", help="Whose wall clock days, weeks and months keep: Asia/Shanghai.")
]
MissedOption = Annotated[str, typer.Option(help="run_once or skip: what becomes of times that were missed.")]

_SCHEDULE = [
    ("Schedule id", field("schedule_id")),
    ("Name", field("name")),
    ("Every", lambda row: f"{row['every']} {row['unit']}"),
    ("Zone", field("time_zone")),
    ("Next", field("next_due_at")),
    ("Last batch", field("last_batch_id")),
    ("Missed", field("missed")),
]
_RUN = [
    ("Due", field("due_at")),
    ("Outcome", field("outcome")),
    ("Batch id", field("batch_id")),
    ("Reason", field("reason")),
]


@app.command("create")
def create(
    name: str,
    source: InputArgument,
    model: ModelOption,
    unit: UnitOption,
    start: StartOption,
    every: EveryOption = 1,
    end: EndOption = None,
    zone: ZoneOption = "UTC",
    missed: MissedOption = "run_once",
    model_version: VersionOption = 1,
    variant: VariantOption = "fp32",
    input_format: FormatOption = "auto",
    output: OutputOption = None,
    output_format: OutputFormatOption = "jsonl",
    machine: MachineOption = "CPU_4C_16G",
    nodes: NodesOption = 1,
    parameter: ParameterOption = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Predict an input again and again; a time is left out while the run before is at work."""
    if not source.startswith("s3://"):
        raise InvalidChoiceError("A schedule reads s3://…: uploads are kept for seven days only.")
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
    body = given(
        name=name,
        template=form,
        unit=unit,
        every=every,
        starts_at=_moment(start, "--from"),
        ends_at=_moment(end, "--until") if end else None,
        time_zone=zone,
        missed=missed,
    )
    print_fields(client.batches.create_schedule(body), _SCHEDULE, as_json=as_json)


@app.command("list")
def list_schedules(project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """List the project's schedules."""
    empty = "No schedules yet. `bml batch schedules create` makes one."
    schedules = current_client().project(project).batches.schedules()
    print_list(schedules, _SCHEDULE, as_json=as_json, empty=empty)


@app.command("show")
def show(schedule: str, project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """Show one schedule."""
    batches = current_client().project(project).batches
    found = batches.find_schedule(schedule)
    print_fields(batches.schedule(int(found["schedule_id"])), _SCHEDULE, as_json=as_json)


@app.command("runs")
def runs(schedule: str, project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """Show the latest times that were due, and what became of each."""
    batches = current_client().project(project).batches
    found = batches.find_schedule(schedule)
    rows = batches.schedule_runs(int(found["schedule_id"]))
    print_list(rows, _RUN, as_json=as_json, empty="Nothing was due yet.")


@app.command("change")
def change(
    schedule: str,
    unit: Annotated[str | None, typer.Option(help="minute, hour, day, week or month.")] = None,
    every: Annotated[int | None, typer.Option(min=1, max=1000, help="Every so many units.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="First time, with its zone.")] = None,
    end: EndOption = None,
    zone: Annotated[str | None, typer.Option("--zone", help="Whose wall clock is kept.")] = None,
    missed: Annotated[str | None, typer.Option(help="run_once or skip.")] = None,
    name: Annotated[str | None, typer.Option(help="Another name.")] = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Change when a schedule is due; what is next is counted anew."""
    batches = current_client().project(project).batches
    changes = given(
        name=name,
        unit=unit,
        every=every,
        starts_at=_moment(start, "--from") if start else None,
        ends_at=_moment(end, "--until") if end else None,
        time_zone=zone,
        missed=missed,
    )
    found = batches.find_schedule(schedule)
    changed = batches.change_schedule(int(found["schedule_id"]), changes)
    print_fields(changed, _SCHEDULE, as_json=as_json)


@app.command("delete")
def delete(schedule: str, yes: YesFlag = False, project: ProjectOption = None) -> None:
    """Delete a schedule; batch predictions that it started stay."""
    batches = current_client().project(project).batches
    found = batches.find_schedule(schedule)
    if not yes:
        typer.confirm(f"Delete the schedule {found['name']}?", abort=True)
    batches.delete_schedule(int(found["schedule_id"]))
    notes.print(f"Deleted {found['name']}.", markup=False)


def _moment(text: str, option: str) -> str:
    """Return a time as the API takes it. Raises InvalidChoiceError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidChoiceError(f"{option} takes a time such as 2026-12-01T02:00+08:00.") from error
    if moment.tzinfo is None:
        raise InvalidChoiceError(f"{option} needs a zone: {text}+08:00, or {text}Z.")
    return moment.isoformat()
