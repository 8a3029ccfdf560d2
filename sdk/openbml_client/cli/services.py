"""`bml services …`."""

from typing import Annotated

import typer

from openbml_client.cli import (
    service_calls,
    service_logs,
    service_policies,
    service_predictions,
    service_versions,
)
from openbml_client.cli.clients import current_client
from openbml_client.cli.output import JsonFlag, ProjectOption, YesFlag, notes, print_fields, print_list
from openbml_client.cli.service_showing import (
    DETAILS,
    SERVICE,
    InstancesOption,
    UnitsOption,
    VariantOption,
    WaitFlag,
    print_service,
    settled,
)
from openbml_client.errors import InvalidChoiceError
from openbml_client.resources import Document, given

app = typer.Typer(no_args_is_help=True)
for verbs in (
    service_predictions.verbs,
    service_calls.verbs,
    service_versions.verbs,
    service_policies.verbs,
    service_logs.verbs,
):
    app.registered_commands.extend(verbs.registered_commands)
app.add_typer(service_versions.challenger, name="challenger", help="A second version online: A/B tests.")
app.add_typer(service_policies.sleep_policy, name="sleep-policy", help="When a service may fall asleep.")


@app.command("deploy")
def deploy(
    name: str,
    model: Annotated[str, typer.Option(help="Model by name or id.")],
    suffix: Annotated[str, typer.Option(help="End of the service's address.")],
    model_version: Annotated[int, typer.Option(help="Version, 1 for V1.")] = 1,
    compute_units: Annotated[int, typer.Option(min=1, help="1 unit = 1 core + 4 GB.")] = 1,
    instances: Annotated[int, typer.Option(min=2, help="Copies, at least 2.")] = 2,
    variant: VariantOption = None,
    without_machines: Annotated[
        bool, typer.Option("--without-machines", help="Choose units and instances later: free until then.")
    ] = False,
    wait: WaitFlag = True,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Deploy a model version as an online service.

    \b
    Examples:
      bml services deploy gestures --model gestures --suffix gestures
      bml services deploy gestures --model gestures --suffix gestures --without-machines
    """
    client = current_client().project(project)
    body: Document = {
        "name": name,
        "suffix": suffix,
        "model_id": int(client.models.find(model)["model_id"]),
        "model_version": model_version,
        "machine_type": "SVC_CPU",
        "compute_units": None if without_machines else compute_units,
        "instances": None if without_machines else instances,
        **given(variant=variant),
    }
    service = client.services.deploy(body)
    print_service(settled(client.services, service) if wait else service, as_json=as_json)


@app.command("list")
def list_services(project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """List the project's online services with their full addresses."""
    empty = "No services yet. `bml services deploy` makes one."
    print_list(current_client().project(project).services.list(), SERVICE, as_json=as_json, empty=empty)


@app.command("show")
def show(service: str, project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """Show one service."""
    services = current_client().project(project).services
    print_service(services.get(int(services.find(service)["service_id"])), as_json=as_json)


@app.command("change")
def change(
    service: str,
    model_version: Annotated[int | None, typer.Option(help="Bring this version online.")] = None,
    variant: VariantOption = None,
    compute_units: UnitsOption = None,
    instances: InstancesOption = None,
    wait: WaitFlag = True,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Bring another version online; the old one answers until the new one does.

    \b
    Example:
      bml services change gestures --model-version 2
    """
    changes = given(
        model_version=model_version, variant=variant, compute_units=compute_units, instances=instances
    )
    _change(service, changes, wait=wait, project=project, as_json=as_json)


@app.command("scale")
def scale(
    service: str,
    compute_units: UnitsOption = None,
    instances: InstancesOption = None,
    wait: WaitFlag = True,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Give a service more or fewer machines, or its first ones.

    \b
    Example:
      bml services scale gestures --compute-units 2 --instances 3
    """
    changes = given(compute_units=compute_units, instances=instances)
    _change(service, changes, wait=wait, project=project, as_json=as_json)


@app.command("stop")
def stop(
    service: str, wait: WaitFlag = True, project: ProjectOption = None, as_json: JsonFlag = False
) -> None:
    """Stop a service; nothing is charged after that."""
    services = current_client().project(project).services
    stopped = services.stop(int(services.find(service)["service_id"]))
    print_service(settled(services, stopped) if wait else stopped, as_json=as_json)


@app.command("restart")
def restart(
    service: str, wait: WaitFlag = True, project: ProjectOption = None, as_json: JsonFlag = False
) -> None:
    """Start a stopped or failed service again at the same address."""
    services = current_client().project(project).services
    started = services.restart(int(services.find(service)["service_id"]))
    print_service(settled(services, started) if wait else started, as_json=as_json)


@app.command("wake")
def wake(
    service: str, wait: WaitFlag = True, project: ProjectOption = None, as_json: JsonFlag = False
) -> None:
    """Wake a sleeping service before anybody calls it."""
    services = current_client().project(project).services
    waking = services.wake(int(services.find(service)["service_id"]))
    print_service(settled(services, waking) if wait else waking, as_json=as_json)


@app.command("delete")
def delete(service: str, yes: YesFlag = False, project: ProjectOption = None) -> None:
    """Delete a stopped service; its address becomes free."""
    services = current_client().project(project).services
    found = services.find(service)
    if not yes:
        typer.confirm(f"Delete the service {found['name']} ({found['url']})?", abort=True)
    services.delete(int(found["service_id"]))
    notes.print(f"Deleted {found['name']}.")


def _change(service: str, changes: Document, *, wait: bool, project: str | None, as_json: bool) -> None:
    if not changes:
        raise InvalidChoiceError("Say what is to change; `--help` lists it.")
    services = current_client().project(project).services
    changed = services.change(int(services.find(service)["service_id"]), changes)
    if changed["state"] == "failed":  # the change is kept for the restart
        print_fields(changed, DETAILS, as_json=as_json)
        notes.print(f"Changed. Start it again: bml services restart {changed['name']}")
        return
    print_service(settled(services, changed) if wait else changed, as_json=as_json)
