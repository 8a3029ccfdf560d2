"""`bml models performance`."""

from typing import Annotated

import typer

from openbml_client.cli.clients import current_client
from openbml_client.cli.following import followed, going_on
from openbml_client.cli.output import JsonFlag, ProjectOption, field, notes, print_json, print_list
from openbml_client.errors import InvalidChoiceError, WorkFailedError
from openbml_client.waiting import wait_until

verbs = typer.Typer()

_SETTLED = {"ready", "none", "unsupported"}
_POINT = [
    ("Units", field("compute_units")),
    ("Latency (ms)", field("latency_ms")),
    ("Calls/s", field("qps")),
    ("", lambda point: "measured" if point["measured"] else "foretold"),
]


@verbs.command("performance")
def performance(
    model: Annotated[str, typer.Argument(help="Model by name or id.")],
    version: Annotated[int, typer.Argument(help="Version, 1 for V1.")],
    variant: Annotated[str, typer.Option(help="File: fp32, int8 or fp16.")] = "fp32",
    compute_units: Annotated[int | None, typer.Option(min=1, help="Estimate for this size …")] = None,
    instances: Annotated[int | None, typer.Option(min=1, help="… and so many copies.")] = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Show how fast one copy of a version answers by compute units; measured first, free of charge."""
    if (compute_units is None) != (instances is None):
        raise InvalidChoiceError("Give --compute-units and --instances together.")
    client = current_client().project(project)
    model_id = int(client.models.find(model)["model_id"])
    document = client.performance.measure(model_id, version, variant=variant)
    if document["state"] == "measuring":
        advice = f"The measurement goes on. Look again: bml models performance {model} {version}"
        with followed(f"{model} V{version}") as show, going_on(lambda: advice):
            document = wait_until(
                lambda: client.performance.show(model_id, version, variant=variant), _SETTLED, show=show
            )
    if document["state"] == "ready" and compute_units is not None:
        document = client.performance.show(
            model_id, version, variant=variant, compute_units=compute_units, instances=instances
        )
    if document["state"] == "none":
        raise WorkFailedError(f"The measurement failed: {(document.get('failure') or {}).get('message')}")
    if as_json:
        print_json(document)
        return
    print_list(
        document["points"],
        _POINT,
        as_json=False,
        empty="Only versions from preset-model tuning have a performance curve.",
    )
    if estimate := document.get("estimate"):
        notes.print(
            f"{compute_units} units × {instances}: about {estimate['latency_ms']:g} ms, "
            f"{estimate['qps']:g} calls per second."
        )
