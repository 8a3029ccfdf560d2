"""Usages for tests."""

from datetime import timedelta
from typing import Any

from openbml.core.scope import ProjectScope
from openbml.metering.usage import Usage
from openbml_catalog.machines import Module
from tests.fakes.compute_memory import NOON

ACCOUNT = 7
SCOPE = ProjectScope(account_id=ACCOUNT, region="us-east-1", project_id=42)


def usage(
    module: Module = Module.PRESET,
    machine: str = "GPU_P4",
    *seconds: float,
    usage_id: str = "run:1",
    **changes: Any,
) -> Usage:
    """Return a closed usage with one span per length, one after the other."""
    spans, start = [], NOON
    for length in seconds or (600,):
        spans.append({"start": start, "end": start + timedelta(seconds=length)})
        start += timedelta(seconds=length + 30)
    fields: dict[str, Any] = {
        "scope": SCOPE,
        "usage_id": usage_id,
        "module": module,
        "machine": machine,
        "resource": {"type": "run", "id": 1, "name": "digits V1"},
        "units": 1,
        "intervals": spans,
        "closed": True,
    }
    return Usage.model_validate({**fields, **changes})


def open_usage(usage_id: str = "service:5:1", **changes: Any) -> Usage:
    """Return a service's span that began at noon and goes on."""
    fields: dict[str, Any] = {
        "resource": {"type": "service", "id": 5, "name": "digits"},
        "units": 4,
        "intervals": [{"start": NOON}],
        "closed": False,
    }
    return usage(Module.ONLINE_SERVICE, "SVC_CPU", usage_id=usage_id, **{**fields, **changes})
