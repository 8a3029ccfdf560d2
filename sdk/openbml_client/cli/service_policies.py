"""`bml services sleep-policy …` and `bml services recording`."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer

from openbml_client.cli.clients import current_client
from openbml_client.cli.output import JsonFlag, ProjectOption
from openbml_client.cli.service_showing import print_service
from openbml_client.errors import InvalidChoiceError
from openbml_client.resources import given

sleep_policy = typer.Typer(no_args_is_help=True)
verbs = typer.Typer()

_FORMS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]


class WhileAsleep(StrEnum):
    WAIT = "wait"
    TICKET = "ticket"
    REFUSE = "refuse"


class RecordMode(StrEnum):
    NONE = "none"
    ERRORS = "errors"
    SAMPLED = "sampled"
    ALL = "all"


@sleep_policy.command("set")
def set_policy(
    service: str,
    idle_minutes: Annotated[
        int, typer.Option(min=1, max=1440, help="So long without a call, and it sleeps.")
    ],
    starts_at: Annotated[
        datetime | None, typer.Option(formats=_FORMS, help="In force from then on; default: now. Local time.")
    ] = None,
    ends_at: Annotated[
        datetime | None, typer.Option(formats=_FORMS, help="In force until then; default: for ever.")
    ] = None,
    while_asleep: Annotated[
        WhileAsleep, typer.Option(help="Calls wait for the model, get a ticket for later, or are refused.")
    ] = WhileAsleep.WAIT,
    prewarm: Annotated[
        list[str] | None,
        typer.Option(help='Awake at these times: cron, "minute hour day month weekday". May be repeated.'),
    ] = None,
    time_zone: Annotated[str, typer.Option(help="Where the times of --prewarm are.")] = "Asia/Shanghai",
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Let a service fall asleep when nobody calls it; the next call wakes it up.

    \b
    Example:
      bml services sleep-policy set gestures --idle-minutes 30 --prewarm "50 7 * * mon-fri"
    """
    services = current_client().project(project).services
    policy = {
        "idle_minutes": idle_minutes,
        "while_asleep": while_asleep.value,
        "prewarm": [{"cron": cron, "time_zone": time_zone} for cron in prewarm or []],
        **given(starts_at=_written(starts_at), ends_at=_written(ends_at)),
    }
    service_id = int(services.find(service)["service_id"])
    print_service(services.set_sleep_policy(service_id, policy), as_json=as_json)


@sleep_policy.command("remove")
def remove_policy(service: str, project: ProjectOption = None, as_json: JsonFlag = False) -> None:
    """Have a service stay awake."""
    services = current_client().project(project).services
    service_id = int(services.find(service)["service_id"])
    services.remove_sleep_policy(service_id)
    print_service(services.get(service_id), as_json=as_json)


@verbs.command("recording")
def recording(
    service: str,
    mode: Annotated[RecordMode | None, typer.Option(help="Which calls are recorded.")] = None,
    percent: Annotated[
        int | None, typer.Option(min=1, max=100, help="With --mode sampled: of the calls that succeed.")
    ] = None,
    keep_inputs: Annotated[
        bool | None,
        typer.Option("--keep-inputs/--no-keep-inputs", help="Keep what was sent and answered for 30 days."),
    ] = None,
    project: ProjectOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Choose which calls of a service are recorded; what is not said stays.

    \b
    Example:
      bml services recording gestures --mode sampled --percent 5 --keep-inputs
    """
    said = given(mode=mode.value if mode else None, percent=percent, keep_inputs=keep_inputs)
    if not said:
        raise InvalidChoiceError("Say what is to change: --mode, --percent or --keep-inputs.")
    services = current_client().project(project).services
    found = services.find(service)
    chosen = services.set_recording(int(found["service_id"]), {**found["recording"], **said})
    print_service(chosen, as_json=as_json)


def _written(at: datetime | None) -> str | None:
    """Return a time with its offset: the computer's own where none was said."""
    return at.astimezone().isoformat() if at else None
