"""What `bml services …` shows of services, and how it waits for them."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from openbml_client.cli.following import followed, going_on
from openbml_client.cli.output import Column, field, print_fields
from openbml_client.client import Document, Services
from openbml_client.errors import WorkFailedError
from openbml_client.waiting import wait_until

SETTLED = {"running", "sleeping", "stopped", "failed", "unconfigured"}

WaitFlag = Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until it settled.")]
UnitsOption = Annotated[int | None, typer.Option(min=1, help="1 unit = 1 core + 4 GB.")]
InstancesOption = Annotated[int | None, typer.Option(min=2, help="Copies, at least 2.")]
VariantOption = Annotated[
    str | None, typer.Option(help="Which of the version's files answers: fp32, int8 or fp16.")
]


def machines(row: Mapping[str, Any]) -> str:
    return f"{row['compute_units']} × {row['instances']}" if row["compute_units"] else "none yet"


SERVICE: list[Column] = [
    ("Service id", field("service_id")),
    ("Name", field("name")),
    ("State", field("state")),
    ("Model", lambda service: f"{service['model_id']} V{service['model_version']}"),
    ("Units × instances", machines),
    ("CNY/hour", field("price_per_hour")),
    ("Address", field("url")),
]


def _challenger(service: Mapping[str, Any]) -> str | None:
    second = service.get("challenger")
    if not second:
        return None
    price = f"{second['price_per_hour']} CNY/hour"
    return f"V{second['model_version']} {second['state']}, {machines(second)}, {price}"


def _traffic(service: Mapping[str, Any]) -> str | None:
    if not service.get("challenger"):
        return None
    traffic = service["traffic"]
    share = int(traffic["challenger_share"])
    kinds = [name for name in ("sticky", "shadow") if traffic[name]]
    return ", ".join([f"{100 - share} % first version, {share} % second", *kinds])


def _sleep_policy(service: Mapping[str, Any]) -> str | None:
    policy = service.get("sleep_policy")
    if not policy:
        return None
    times = [f"awake at {row['cron']} ({row['time_zone']})" for row in policy["prewarm"]]
    return ", ".join([f"{policy['state']}: after {policy['idle_minutes']} idle minutes", *times])


def _recording(service: Mapping[str, Any]) -> str:
    recording = service["recording"]
    percent = f" {recording['percent']} %" if recording["mode"] == "sampled" else ""
    return f"{recording['mode']}{percent}{', inputs kept' if recording['keep_inputs'] else ''}"


DETAILS: list[Column] = [
    *SERVICE,
    ("Second version", _challenger),
    ("Calls", _traffic),
    ("Sleep policy", _sleep_policy),
    ("Records", _recording),
    ("Running since", field("running_since")),
    ("Last call", field("last_call_at")),
    ("Failure", lambda service: (service.get("failure") or {}).get("message")),
    ("You may", lambda service: ", ".join(service["actions"])),
]


def settled(services: Services, service: Document) -> Document:
    """Wait until the service does not change any more, with its state shown."""
    service_id, name = int(service["service_id"]), service["name"]
    with followed(name) as show, going_on(lambda: f"It goes on. Look again: bml services show {name}"):
        return wait_until(lambda: services.get(service_id), SETTLED, show=show)


def challenger_settled(services: Services, service: Document) -> Document:
    """Wait until the second version does not change any more; return the service.

    Raises:
        WorkFailedError: the second version failed.
    """
    service_id, name = int(service["service_id"]), service["name"]

    def second_version() -> Document:
        current = services.get(service_id)
        state = (current.get("challenger") or {"state": "stopped"})["state"]
        return {"state": state, "service": current}

    title = f"second version of {name}"
    with followed(title) as show, going_on(lambda: f"It goes on. Look again: bml services show {name}"):
        current: Document = wait_until(second_version, SETTLED, show=show)["service"]
    second = current.get("challenger") or {}
    if second.get("state") == "failed":
        cause = (second.get("failure") or {}).get("message")
        raise WorkFailedError(f"The second version failed, the first goes on: {cause}", current)
    return current


def print_service(service: Document, *, as_json: bool) -> None:
    """Show a service.

    Raises:
        WorkFailedError: it failed.
    """
    print_fields(service, DETAILS, as_json=as_json)
    if service["state"] == "failed":
        cause = (service.get("failure") or {}).get("message")
        raise WorkFailedError(
            f"The deployment failed: {cause}. What its containers said: bml services logs {service['name']}"
        )
