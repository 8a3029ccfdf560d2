"""`bml services challenger …` and `bml services traffic`: a second version online."""

from typing import Annotated

import typer

from openbml_client.cli.clients import current_client
from openbml_client.cli.output import JsonFlag, ProjectOption, YesFlag
from openbml_client.cli.service_showing import (
    InstancesOption,
    UnitsOption,
    VariantOption,
    WaitFlag,
    challenger_settled,
    print_service,
)
from openbml_client.errors import InvalidChoiceError
from openbml_client.resources import given

challenger = typer.Typer(no_args_is_help=True)
verbs = typer.Typer()

ShareOption = Annotated[int, typer.Option(min=0, max=100, help="Percent of the calls for it.")]


@challenger.command("add")
def add(
    service: str,
    model_version: Annotated[int, typer.Option(help="Version, 2 for V2.")],
    share: ShareOption = 0,
    compute_units: Annotated[int, typer.Option(min=1, help="1 unit = 1 core + 4 GB.")] = 1,
    instances: Annotated[int, typer.Option(min=2, help="Copies, at least 2.")] = 2,
    variant: VariantOption = None,
    wait: WaitFlag = True,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Bring a second version online; each of the two is billed by its own machines.

    \b
    Example:
      bml services challenger add gestures --model-version 2 --share 20
    """
    services = current_client().project(project).services
    body = {
        "model_version": model_version,
        "share": share,
        "compute_units": compute_units,
        "instances": instances,
        **given(variant=variant),
    }
    added = services.add_challenger(int(services.find(service)["service_id"]), body)
    print_service(challenger_settled(services, added) if wait else added, as_json=as_json)


@challenger.command("change")
def change(
    service: str,
    model_version: Annotated[int | None, typer.Option(help="Another version in its place.")] = None,
    compute_units: UnitsOption = None,
    instances: InstancesOption = None,
    variant: VariantOption = None,
    wait: WaitFlag = True,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Replace or scale the second version; without options, one that failed is tried again."""
    services = current_client().project(project).services
    changes = given(
        model_version=model_version, compute_units=compute_units, instances=instances, variant=variant
    )
    changed = services.change_challenger(int(services.find(service)["service_id"]), changes)
    print_service(challenger_settled(services, changed) if wait else changed, as_json=as_json)


@challenger.command("remove")
def remove(service: str, project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """End the test: the first version answers every call again."""
    services = current_client().project(project).services
    service_id = int(services.find(service)["service_id"])
    services.remove_challenger(service_id)
    print_service(services.get(service_id), as_json=as_json)


@challenger.command("promote")
def promote(
    service: str, yes: YesFlag = False, project: ProjectOption = None, as_json: JsonFlag = False
) -> None:
    """End the test: the second version answers every call from now on, and the first goes offline."""
    services = current_client().project(project).services
    found = services.find(service)
    if not yes:
        second = (found.get("challenger") or {}).get("model_version")
        typer.confirm(f"Have V{second} answer every call of {found['name']}?", abort=True)
    print_service(services.promote_challenger(int(found["service_id"])), as_json=as_json)


@verbs.command("traffic")
def traffic(
    service: str,
    share: Annotated[
        int | None, typer.Option(min=0, max=100, help="Percent of the calls for the second version.")
    ] = None,
    sticky: Annotated[
        bool | None,
        typer.Option("--sticky/--no-sticky", help="Calls with the same routing_key meet the same version."),
    ] = None,
    shadow: Annotated[
        bool | None,
        typer.Option(
            "--shadow/--no-shadow", help="The second version gets copies, callers the first's answer."
        ),
    ] = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Change how calls are split between two versions; what is not said stays.

    \b
    Example:
      bml services traffic gestures --share 50 --sticky
    """
    said = given(challenger_share=share, sticky=sticky, shadow=shadow)
    if not said:
        raise InvalidChoiceError("Say what is to change: --share, --sticky or --shadow.")
    services = current_client().project(project).services
    found = services.find(service)
    split = services.split_traffic(int(found["service_id"]), {**found["traffic"], **said})
    print_service(split, as_json=as_json)
