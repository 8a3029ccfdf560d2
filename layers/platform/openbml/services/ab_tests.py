"""A/B tests: a second version online beside the first (spec 03 section 9.5), as changes of a service."""

from datetime import datetime

from openbml.core.errors import OpenBMLError
from openbml.services.actions import Action
from openbml.services.configurations import Configuration
from openbml.services.deployments import Deployment, ServiceState
from openbml.services.policies import Traffic
from openbml.services.services import Service


class ChallengerExistsError(OpenBMLError):
    """Two versions are online already; details: service_id."""


class ChallengerNotFoundError(OpenBMLError):
    """The service has no second version online; details: service_id."""


def challenger_of(service: Service) -> Deployment:
    """Raises ChallengerNotFoundError."""
    if service.challenger is None:
        raise ChallengerNotFoundError(service_id=service.service_id)
    return service.challenger


def challenged(service: Service, wanted: Configuration, traffic: Traffic, at: datetime) -> Service:
    """Return a running service with a second version on its way.

    Raises:
        ChallengerExistsError, ServiceStateError
    """
    if service.challenger:
        raise ChallengerExistsError(service_id=service.service_id)
    service.require(Action.ADD_VERSION, "given a second version")
    first = str(service.service_id)
    challenger = Deployment(
        deployment_id=f"{first}b" if service.main.deployment_id == first else first,
        wanted=wanted,
        revision=service.revisions + 1,
        requested_at=at,
    )
    return service.with_challenger(challenger, traffic)


def with_challenger_changed(
    service: Service, wanted: Configuration, traffic: Traffic, at: datetime
) -> Service:
    """Return the service with another second version, size or share; one that failed is tried again.

    Raises:
        ChallengerNotFoundError, ServiceStateError
    """
    challenger = challenger_of(service)
    runs = challenger.state is ServiceState.RUNNING
    if wanted == challenger.wanted and challenger.state is not ServiceState.FAILED:
        return shared(service, traffic)
    if service.state is not ServiceState.RUNNING or challenger.state.is_changing:
        raise service.refusal("changed in its second version")
    state = ServiceState.UPDATING if runs else ServiceState.DEPLOYING
    after = service.deployed(challenger, at, state=state, wanted=wanted)
    return after.model_copy(update={"traffic": traffic})


def without_challenger(service: Service, at: datetime) -> Service:
    """Return the service with its first version only. Raises ChallengerNotFoundError."""
    challenger_of(service)
    return service.alone(at)


def promoted(service: Service, at: datetime) -> Service:
    """Return the service with its second version as the only one.

    The hostings swap roles: nothing is deployed, so nothing can fail, and no call meets a gap.

    Raises:
        ChallengerNotFoundError
        ServiceStateError: one of the two does not run.
    """
    challenger = challenger_of(service)
    if {service.state, challenger.state} != {ServiceState.RUNNING}:
        raise service.refusal("replaced by its second version")
    swapped = service.model_copy(update={"main": challenger, "challenger": service.main})
    return swapped.alone(at)


def shared(service: Service, traffic: Traffic) -> Service:
    """Return the service with its calls split otherwise. Raises ChallengerNotFoundError."""
    challenger_of(service)
    return service.with_settings(traffic=traffic)
