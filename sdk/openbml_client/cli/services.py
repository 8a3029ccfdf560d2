"""`bml services …`."""

from typing import Annotated

import typer

from openbml_client.cli import service_logs, service_predictions
from openbml_client.cli.following import followed, going_on
from openbml_client.cli.output import (
    JsonFlag,
    ProjectOption,
    field,
    notes,
    print_fields,
    print_list,
)
from openbml_client.client import Client, Document, Services
from openbml_client.errors import WorkFailedError
from openbml_client.waiting import wait_until

app = typer.Typer(no_args_is_help=True)
app.registered_commands.extend(service_predictions.verbs.registered_commands)
app.registered_commands.extend(service_logs.verbs.registered_commands)

_SETTLED = {"running", "stopped", "failed"}

_SERVICE = [
    ("Service id", field("service_id")),
    ("Name", field("name")),
    ("State", field("state")),
    ("Model", lambda service: f"{service['model_id']} V{service['model_version']}"),
    ("Units × instances", lambda service: f"{service['compute_units']} × {service['instances']}"),
    ("CNY/hour", field("price_per_hour")),
    ("Address", field("url")),
]

WaitFlag = Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until it settled.")]


@app.command("deploy")
def deploy(
    name: str,
    model: Annotated[str, typer.Option(help="Model by name or id.")],
    suffix: Annotated[str, typer.Option(help="End of the service's address.")],
    model_version: Annotated[int, typer.Option(help="Version, 1 for V1.")] = 1,
    compute_units: Annotated[int, typer.Option(min=1, help="1 unit = 1 core + 4 GB.")] = 1,
    instances: Annotated[int, typer.Option(min=2, help="Copies, at least 2.")] = 2,
    wait: WaitFlag = True,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Deploy a model version as an online service."""
    client = Client().project(project)
    body = {
        "name": name,
        "suffix": suffix,
        "model_id": int(client.models.find(model)["model_id"]),
        "model_version": model_version,
        "machine_type": "SVC_CPU",
        "compute_units": compute_units,
        "instances": instances,
    }
    service = client.services.deploy(body)
    if wait:
        service = _settled(client.services, service)
    _show(service, as_json=as_json)


@app.command("list")
def list_services(project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """List the project's online services with their full addresses."""
    empty = "No services yet. `bml services deploy` makes one."
    print_list(Client().project(project).services.list(), _SERVICE, as_json=as_json, empty=empty)


@app.command("show")
def show(service: str, project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """Show one service."""
    services = Client().project(project).services
    _show(services.get(int(services.find(service)["service_id"])), as_json=as_json)


@app.command("stop")
def stop(
    service: str, wait: WaitFlag = True, project: ProjectOption = None, as_json: JsonFlag = False
) -> None:
    """Stop a service; nothing is charged after that."""
    services = Client().project(project).services
    stopped = services.stop(int(services.find(service)["service_id"]))
    _show(_settled(services, stopped) if wait else stopped, as_json=as_json)


@app.command("restart")
def restart(
    service: str, wait: WaitFlag = True, project: ProjectOption = None, as_json: JsonFlag = False
) -> None:
    """Start a stopped or failed service again at the same address."""
    services = Client().project(project).services
    started = services.restart(int(services.find(service)["service_id"]))
    _show(_settled(services, started) if wait else started, as_json=as_json)


@app.command("delete")
def delete(
    service: str,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    project: ProjectOption = None,
) -> None:
    """Delete a stopped service; its address becomes free."""
    services = Client().project(project).services
    found = services.find(service)
    if not yes:
        typer.confirm(f"Delete the service {found['name']} ({found['url']})?", abort=True)
    services.delete(int(found["service_id"]))
    notes.print(f"Deleted {found['name']}.")


def _settled(services: Services, service: Document) -> Document:
    service_id = int(service["service_id"])
    name = service["name"]
    with followed(name) as show, going_on(lambda: f"It goes on. Look again: bml services show {name}"):
        return wait_until(lambda: services.get(service_id), _SETTLED, show=show)


def _show(service: Document, *, as_json: bool) -> None:
    print_fields(service, _SERVICE, as_json=as_json)
    if service["state"] == "failed":
        raise WorkFailedError(f"The deployment failed: {(service.get('failure') or {}).get('message')}")
