"""Who calls: applications by their access token, and the services they may call; remembered for seconds."""

import hashlib
from collections.abc import Callable
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from openbml.services.prediction.caches import ShortMemory
from openbml.services.repositories import CallRightRepository
from openbml.services.routes import Route


class Caller(BaseModel):
    """The application of a valid access token."""

    model_config = ConfigDict(frozen=True)

    app_id: int
    account_id: int


class Callers(Protocol):
    """Port to the applications of identity."""

    def of_token(self, token: str | None) -> Caller:
        """Return whose token it is.

        Raises:
            TokenMissingError, TokenUnknownError, TokenExpiredError, ApplicationGoneError (identity)
        """


class Routes(Protocol):
    """Port to the services' addresses."""

    def route(self, suffix: str) -> Route | None: ...


class RememberedCallers:
    """Callers of tokens that were valid a few seconds ago; tokens are kept as digests."""

    def __init__(self, callers: Callers, clock: Callable[[], float]) -> None:
        self._callers = callers
        self._known: ShortMemory[bytes, Caller] = ShortMemory(clock)

    def of_token(self, token: str | None) -> Caller:
        digest = hashlib.sha256((token or "").encode("utf-8", "surrogatepass")).digest()
        caller = self._known.get(digest)
        if caller is None:
            caller = self._callers.of_token(token)
            self._known.keep(digest, caller)
        return caller


class RememberedRoutes:
    """Routes of services that answered a few seconds ago; one that does not answer is asked for each time."""

    def __init__(self, routes: Routes, clock: Callable[[], float]) -> None:
        self._routes = routes
        self._known: ShortMemory[str, Route] = ShortMemory(clock)

    def route(self, suffix: str) -> Route | None:
        route = self._known.get(suffix)
        if route is None:
            route = self._routes.route(suffix)
            if route is not None and route.answers:
                self._known.keep(suffix, route)
        return route

    def forget(self, suffix: str) -> None:
        self._known.forget(suffix)


class RememberedRights:
    """Rights of applications of other accounts; those of the same account need none (spec 08 section 2.4)."""

    def __init__(self, rights: CallRightRepository, clock: Callable[[], float]) -> None:
        self._rights = rights
        self._known: ShortMemory[tuple[int, int], bool] = ShortMemory(clock)

    def may_call(self, caller: Caller, route: Route) -> bool:
        if caller.account_id == route.scope.account_id:
            return True
        key = (route.service_id, caller.app_id)
        if self._known.get(key):
            return True
        granted = self._rights.has(*key)
        if granted:
            self._known.keep(key, granted)
        return granted
