"""One step of a hosting towards what is wanted, and how a change of it is told and kept."""

from openbml.compute.events import HostingStateChanged
from openbml.compute.failures import Failure, Fault
from openbml.compute.hostings import (
    EndpointStatus,
    EndpointView,
    Hosting,
    HostingRepository,
    HostingRuntime,
    HostingState,
)
from openbml.core.clock import Clock
from openbml.core.events import EventPublisher

_PUBLISHED = (HostingState.IN_SERVICE, HostingState.UPDATING, HostingState.FAILED, HostingState.REMOVED)


class HostingStep:
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
        view = self._runtime.describe(hosting)
        if view and view.status is not EndpointStatus.DELETING:
            self._runtime.delete(hosting)
            view = self._runtime.describe(hosting)
        if view:
            return hosting
        self._runtime.discard(hosting, hosting.made_revisions)
        return self._become(hosting.removed(self._now()))

    def serve(self) -> Hosting:
        view = self._runtime.describe(self._hosting)
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
            self._runtime.create(self._become(hosting.preparing(self._now())))
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
            failure = view.failure or hosting.failure
            failure = failure or Failure(fault=Fault.PLATFORM, message="the update was rolled back")
            return self._become(hosting.serving(view.model_copy(update={"failure": failure}), self._now()))
        self._runtime.update(self._become(hosting.preparing(self._now())))
        return self._become(self._hosting.applied(self._now()))

    def _failed(self, view: EndpointView) -> Hosting:
        hosting = self._hosting
        if hosting.request.revision not in (view.revision, hosting.applied_revision):
            self._runtime.delete(hosting)
            return hosting
        failure = view.failure or Failure(fault=Fault.PLATFORM, message=f"the endpoint is {view.status}")
        return self._become(hosting.failed(failure, self._now()))

    def _discard_stale(self) -> Hosting:
        hosting = self._hosting
        stale = hosting.stale_revisions(self._now())
        if not stale:
            return hosting
        self._runtime.discard(hosting, stale)
        return self._become(hosting.changed(self._now(), made_revisions=(hosting.made_from,)))

    def _become(self, after: Hosting) -> Hosting:
        self._hosting = settle(self._hosting, after, hostings=self._hostings, events=self._events)
        return self._hosting


def settle(
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
