"""What an owner may do with a service in each state (spec 03 section 10.1, spec 08 section 2.3)."""

from collections.abc import Mapping
from enum import StrEnum

from openbml.services.deployments import ServiceState as S


class Action(StrEnum):
    """`edit` gives machines to a service that has none; `add_version` begins an A/B test."""

    DETAILS = "details"
    RESTART = "restart"
    STOP = "stop"
    EDIT = "edit"
    CHANGE = "change"
    ADD_VERSION = "add_version"
    WAKE = "wake"
    DELETE = "delete"


ALLOWED: Mapping[Action, frozenset[S]] = {
    Action.DETAILS: frozenset(S),
    Action.RESTART: frozenset({S.STOPPED, S.FAILED}),
    Action.STOP: frozenset({S.DEPLOYING, S.RUNNING, S.UPDATING, S.SLEEPING, S.WAKING}),
    Action.EDIT: frozenset({S.UNCONFIGURED}),
    Action.CHANGE: frozenset({S.RUNNING, S.SLEEPING, S.STOPPED, S.FAILED}),
    Action.ADD_VERSION: frozenset({S.RUNNING}),
    Action.WAKE: frozenset({S.SLEEPING}),
    Action.DELETE: frozenset({S.STOPPED, S.FAILED, S.UNCONFIGURED}),
}
