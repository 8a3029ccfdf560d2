"""One `HostingRuntime` over those of the modes: each hosting stays with the one it was made by."""

from collections.abc import Mapping, Sequence

from openbml.compute.hostings import EndpointView, Hosting, HostingMode, HostingRuntime


class HostingRuntimes:
    def __init__(self, runtimes: Mapping[HostingMode, HostingRuntime]) -> None:
        self._runtimes = runtimes

    def create(self, hosting: Hosting) -> None:
        self._runtimes[hosting.mode].create(hosting)

    def update(self, hosting: Hosting) -> None:
        self._runtimes[hosting.mode].update(hosting)

    def delete(self, hosting: Hosting) -> None:
        self._runtimes[hosting.mode].delete(hosting)

    def discard(self, hosting: Hosting, revisions: Sequence[int]) -> None:
        self._runtimes[hosting.mode].discard(hosting, revisions)

    def describe(self, hosting: Hosting) -> EndpointView | None:
        return self._runtimes[hosting.mode].describe(hosting)

    def tidy(self) -> None:
        for runtime in self._runtimes.values():
            runtime.tidy()
