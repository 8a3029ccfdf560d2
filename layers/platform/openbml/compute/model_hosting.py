"""Use cases of hostings.

Each records what is wanted and takes the next step towards it; events and the minute's reconciling take the
others, so that a crash anywhere only delays.
"""

from openbml.compute.events import HostingStateChanged
from openbml.compute.failures import Failure, Fault
from openbml.compute.hostings import (
    EndpointStatus,
    EndpointView,
    Hosting,
    HostingConflictError,
    HostingNotFoundError,
    HostingRefusedError,
    HostingRepository,
    HostingRequest,
    HostingRuntime,
    HostingState,
)
from openbml.compute.jobs import RuntimeBusyError
from openbml.core.clock import Clock
from openbml.core.events import EventPublisher
from openbml.core.observability import logger

_PUBLISHED = (HostingState.IN_SERVICE, HostingState.UPDATING, HostingState.FAILED, HostingState.REMOVED)

_ATTEMPTS = 4  # of one change beside others


def deploy(
    request: HostingRequest,
    *,
    hostings: HostingRepository,
    runtime: HostingRuntime,
    events: EventPublisher,
    now: Clock,
) -> Hosting:
    """Keep the model ready. The same request again is the same hosting; a newer revision replaces the older.

    Raises:
        HostingConflictError: an older or different request of the same revision, or a removal is under way.
    """
    at = now()
    try:
        hosting = hostings.get(request.deployment_id)
    except HostingNotFoundError:
        hostings.add(Hosting(request=request, created_at=at, changed_at=at))
    else:
        _settle(hosting, hosting.wanting(request, at), hostings=hostings, events=events)
    return follow_hosting(request.deployment_id, hostings=hostings, runtime=runtime, events=events, now=now)


def update_hosting(
    request: HostingRequest,
    *,
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
    return deploy(request, hostings=hostings, runtime=runtime, events=events, now=now)


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
    _settle(hosting, hosting.unwanted(now()), hostings=hostings, events=events)
    return follow_hosting(deployment_id, hostings=hostings, runtime=runtime, events=events, now=now)


def reconcile_hostings(
    *, hostings: HostingRepository, runtime: HostingRuntime, events: EventPublisher, now: Clock
) -> int:
    """Follow every hosting that is not removed; return how many there are."""
    open_hostings = hostings.open_hostings()
    for hosting in open_hostings:
        try:
            follow_hosting(hosting.deployment_id, hostings=hostings, runtime=runtime, events=events, now=now)
        except (HostingConflictError, HostingNotFoundError):
            logger.info("hosting changed while reconciling", deployment_id=hosting.deployment_id)
    return len(open_hostings)


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
    step = _Step(hosting=hosting, hostings=hostings, runtime=runtime, events=events, now=now)
    try:
        return step.remove() if hosting.removal_requested else step.serve()
    except RuntimeBusyError as error:
        logger.warning("hosting runtime is busy", deployment_id=deployment_id, reason=error.details)
        return hostings.get(deployment_id)
    except HostingRefusedError as error:
        refusal = Failure(fault=Fault.PLATFORM, message=f"the hosting was refused: {error.details['reason']}")
        current = hostings.get(deployment_id)
        return _settle(current, current.refused(refusal, now()), hostings=hostings, events=events)


class _Step:
    """One step of one hosting."""

    def __init__(
        self,
        *,
        hosting: Hosting,
        hostings: HostingRepository,
        runtime: HostingRuntime,
        events: EventPublisher,
        now: Clock,
    ) -> None:
        self._hosting = hosting
        self._hostings = hostings
        self._runtime = runtime
        self._events = events
        self._now = now

    def remove(self) -> Hosting:
        hosting = self._hosting
        view = self._runtime.describe(hosting.deployment_id)
        if view and view.status is not EndpointStatus.DELETING:
            self._runtime.delete(hosting.deployment_id)
            view = self._runtime.describe(hosting.deployment_id)
        if view:
            return hosting
        self._runtime.discard(hosting.deployment_id, hosting.made_revisions)
        return self._become(hosting.removed(self._now()))

    def serve(self) -> Hosting:
        view = self._runtime.describe(self._hosting.deployment_id)
        if view is None:
            return self._absent()
        if view.status.is_changing:
            return self._changing(view)
        if view.status is EndpointStatus.IN_SERVICE:
            return self._in_service(view)
        return self._failed(view)

    def _absent(self) -> Hosting:
        hosting = self._hosting
        if hosting.applied_revision < hosting.request.revision:
            self._become(hosting.preparing(self._now()))
            self._runtime.create(hosting.request)
            return self._become(self._hosting.applied(self._now()))
        if hosting.state is HostingState.FAILED:
            return hosting
        gone = Failure(fault=Fault.PLATFORM, message="the endpoint has disappeared; deploy again")
        return self._become(hosting.failed(gone, self._now()))

    def _changing(self, view: EndpointView) -> Hosting:
        if view.status is EndpointStatus.CREATING or self._hosting.state is not HostingState.IN_SERVICE:
            return self._hosting
        return self._become(self._hosting.changed(self._now(), state=HostingState.UPDATING))

    def _in_service(self, view: EndpointView) -> Hosting:
        hosting = self._hosting
        wanted = hosting.request.revision
        if view.revision == wanted:
            self._become(hosting.serving(view, self._now()))
            return self._discard_stale()
        if hosting.applied_revision == wanted:
            failure = view.failure or Failure(fault=Fault.PLATFORM, message="the update was rolled back")
            return self._become(hosting.serving(view.model_copy(update={"failure": failure}), self._now()))
        self._become(hosting.preparing(self._now()))
        self._runtime.update(hosting.request)
        return self._become(self._hosting.applied(self._now()))

    def _failed(self, view: EndpointView) -> Hosting:
        hosting = self._hosting
        if hosting.request.revision not in (view.revision, hosting.applied_revision):
            self._runtime.delete(hosting.deployment_id)
            return hosting
        failure = view.failure or Failure(fault=Fault.PLATFORM, message=f"the endpoint is {view.status}")
        return self._become(hosting.failed(failure, self._now()))

    def _discard_stale(self) -> Hosting:
        hosting = self._hosting
        stale = [revision for revision in hosting.made_revisions if revision != hosting.serving_revision]
        if not stale:
            return hosting
        self._runtime.discard(hosting.deployment_id, stale)
        return self._become(hosting.changed(self._now(), made_revisions=(hosting.serving_revision,)))

    def _become(self, after: Hosting) -> Hosting:
        self._hosting = _settle(self._hosting, after, hostings=self._hostings, events=self._events)
        return self._hosting


def _settle(
    before: Hosting, after: Hosting, *, hostings: HostingRepository, events: EventPublisher
) -> Hosting:
    """Publish what others see, then save: a crash between the two repeats the event instead of losing it."""
    if after is before:
        return before
    told = HostingStateChanged.of(after)
    known = HostingStateChanged.of(before).model_copy(update={"at": told.at})
    if after.state in _PUBLISHED and told != known:
        events.publish([told])
    hostings.save(after)
    return after
