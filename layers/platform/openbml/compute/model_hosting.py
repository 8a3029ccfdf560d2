"""Use cases of hostings.

Each records what is wanted and takes the next step towards it; events and the minute's reconciling take the
others, so that a crash anywhere only delays.
"""

from collections.abc import Callable

from pydantic import BaseModel, ConfigDict

from openbml.compute.events import HostingChangeBegun
from openbml.compute.failures import Failure, Fault
from openbml.compute.hosting_steps import HostingStep, settle
from openbml.compute.hostings import (
    Hosting,
    HostingConflictError,
    HostingMode,
    HostingNotFoundError,
    HostingRefusedError,
    HostingRepository,
    HostingRequest,
    HostingRuntime,
)
from openbml.compute.jobs import RuntimeBusyError
from openbml.core.clock import Clock
from openbml.core.events import EventPublisher
from openbml.core.observability import logger
from openbml.core.queues import MessageQueue

_ATTEMPTS = 4  # of one change beside others
_LOOKS = 33
_BETWEEN_LOOKS_S = 0.15
_MOST_LOOKS = 60


class HostingLook(BaseModel):
    """Message to `track_hosting`: look at the hosting until it changes no more."""

    model_config = ConfigDict(frozen=True)

    deployment_id: str
    number: int = 0


def deploy(
    request: HostingRequest,
    *,
    mode: HostingMode,
    hostings: HostingRepository,
    runtime: HostingRuntime,
    events: EventPublisher,
    now: Clock,
) -> Hosting:
    """Keep the model ready. The same request again is the same hosting; a newer revision replaces the older.

    Args:
        mode: what a new hosting is made as; one that exists stays what it is.

    Raises:
        HostingConflictError: an older or different request of the same revision, or a removal is under way.
    """
    at = now()
    try:
        hosting = hostings.get(request.deployment_id)
    except HostingNotFoundError:
        revision = request.revision
        hostings.add(
            Hosting(request=request, mode=mode, content_revision=revision, created_at=at, changed_at=at)
        )
    else:
        settle(hosting, hosting.wanting(request, at, mode), hostings=hostings, events=events)
    hosting = follow_hosting(
        request.deployment_id, hostings=hostings, runtime=runtime, events=events, now=now
    )
    return _watched(hosting, events)


def update_hosting(
    request: HostingRequest,
    *,
    mode: HostingMode,
    hostings: HostingRepository,
    runtime: HostingRuntime,
    events: EventPublisher,
    now: Clock,
) -> Hosting:
    """Replace what an existing hosting serves, without a failed call.

    Raises:
        HostingNotFoundError: there is none, or it was removed.
        HostingConflictError: the revision is not newer.
    """
    if hostings.get(request.deployment_id).removal_requested:
        raise HostingNotFoundError(deployment_id=request.deployment_id)
    return deploy(request, mode=mode, hostings=hostings, runtime=runtime, events=events, now=now)


def undeploy(
    deployment_id: str,
    *,
    hostings: HostingRepository,
    runtime: HostingRuntime,
    events: EventPublisher,
    now: Clock,
) -> Hosting:
    """Remove the hosting; again is fine. Raises HostingNotFoundError, HostingConflictError."""
    hosting = hostings.get(deployment_id)
    settle(hosting, hosting.unwanted(now()), hostings=hostings, events=events)
    hosting = follow_hosting(deployment_id, hostings=hostings, runtime=runtime, events=events, now=now)
    return _watched(hosting, events)


def reconcile_hostings(
    *, hostings: HostingRepository, runtime: HostingRuntime, events: EventPublisher, now: Clock
) -> int:
    """Follow every hosting that is not removed; return how many there are."""
    open_hostings = hostings.open_hostings()
    for hosting in open_hostings:
        _follow_one_of_many(hosting, hostings=hostings, runtime=runtime, events=events, now=now)
    try:
        runtime.tidy()
    except RuntimeBusyError as error:
        logger.warning("machines were not tidied", reason=error.details)
    return len(open_hostings)


def follow_project(
    project_id: int,
    *,
    hostings: HostingRepository,
    runtime: HostingRuntime,
    events: EventPublisher,
    now: Clock,
) -> int:
    """Follow the project's hostings that change: the machines they share did; return how many there are."""
    changing = [
        hosting
        for hosting in hostings.open_hostings()
        if hosting.is_changing and hosting.request.scope.project_id == project_id
    ]
    for hosting in changing:
        _follow_one_of_many(hosting, hostings=hostings, runtime=runtime, events=events, now=now)
        _watched(hostings.get(hosting.deployment_id), events)
    return len(changing)


def watch_hosting(
    look: HostingLook,
    *,
    hostings: HostingRepository,
    runtime: HostingRuntime,
    events: EventPublisher,
    looks: MessageQueue,
    now: Clock,
    pause: Callable[[float], None],
) -> Hosting:
    """Follow the hosting for up to five seconds, or until it changes no more; else have it looked at again.

    The queue of looks delays them. After the last one the minute's reconciling goes on alone.

    Raises:
        HostingNotFoundError, HostingConflictError
    """
    hosting = follow_hosting(look.deployment_id, hostings=hostings, runtime=runtime, events=events, now=now)
    for _ in range(_LOOKS):
        if not hosting.is_changing:
            return hosting
        pause(_BETWEEN_LOOKS_S)
        hosting = follow_hosting(
            look.deployment_id, hostings=hostings, runtime=runtime, events=events, now=now
        )
    if hosting.is_changing and look.number < _MOST_LOOKS:
        looks.send([HostingLook(deployment_id=look.deployment_id, number=look.number + 1)])
    return hosting


def _follow_one_of_many(
    hosting: Hosting,
    *,
    hostings: HostingRepository,
    runtime: HostingRuntime,
    events: EventPublisher,
    now: Clock,
) -> None:
    try:
        follow_hosting(hosting.deployment_id, hostings=hostings, runtime=runtime, events=events, now=now)
    except (HostingConflictError, HostingNotFoundError):
        logger.info("hosting changed while reconciling", deployment_id=hosting.deployment_id)


def _watched(hosting: Hosting, events: EventPublisher) -> Hosting:
    """Ask for the hosting to be watched: SageMaker tells nobody how a component changes."""
    if hosting.mode is HostingMode.COMPONENTS and hosting.is_changing:
        events.publish([HostingChangeBegun.of(hosting)])
    return hosting


def follow_hosting(
    deployment_id: str,
    *,
    hostings: HostingRepository,
    runtime: HostingRuntime,
    events: EventPublisher,
    now: Clock,
) -> Hosting:
    """Copy what the runtime says into our record and take the next step towards what is wanted.

    Raises:
        HostingNotFoundError, HostingConflictError
    """
    for _ in range(_ATTEMPTS - 1):
        try:
            return _followed(deployment_id, hostings=hostings, runtime=runtime, events=events, now=now)
        except HostingConflictError:  # another follower was faster: look at the truth again
            logger.info("hosting followed by two at once", deployment_id=deployment_id)
    return _followed(deployment_id, hostings=hostings, runtime=runtime, events=events, now=now)


def _followed(
    deployment_id: str,
    *,
    hostings: HostingRepository,
    runtime: HostingRuntime,
    events: EventPublisher,
    now: Clock,
) -> Hosting:
    hosting = hostings.get(deployment_id)
    if hosting.is_settled:
        return hosting
    step = HostingStep(hosting=hosting, hostings=hostings, runtime=runtime, events=events, now=now)
    try:
        return step.remove() if hosting.removal_requested else step.serve()
    except RuntimeBusyError as error:
        logger.warning("hosting runtime is busy", deployment_id=deployment_id, reason=error.details)
        return hostings.get(deployment_id)
    except HostingRefusedError as error:
        refusal = Failure(fault=Fault.PLATFORM, message=f"the hosting was refused: {error.details['reason']}")
        current = hostings.get(deployment_id)
        return settle(current, current.refused(refusal, now()), hostings=hostings, events=events)
