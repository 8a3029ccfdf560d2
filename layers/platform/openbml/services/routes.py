"""What a prediction call needs to know of the service behind a suffix: one small item, read by every call."""

from pydantic import BaseModel, ConfigDict, Field

from openbml.core.scope import ProjectScope
from openbml.services.deployments import Deployment
from openbml.services.policies import Limits, Recording, Traffic, WhileAsleep
from openbml.services.services import Service


class Target(BaseModel):
    """A deployment that calls may go to; `revision` is the one of its hosting that answers."""

    model_config = ConfigDict(frozen=True)

    deployment_id: str
    revision: int = Field(ge=1)
    model_version: int = Field(ge=1)


class Route(BaseModel):
    """Attributes:
    main, challenger: what answers; None: nothing does.
    sleeps: the service is asleep or waking: a call wakes it.
    """

    model_config = ConfigDict(frozen=True)

    suffix: str
    segment: str
    service_id: int
    scope: ProjectScope
    main: Target | None = None
    challenger: Target | None = None
    traffic: Traffic = Traffic()
    sleeps: bool = False
    while_asleep: WhileAsleep = WhileAsleep.WAIT
    limits: Limits = Limits()
    recording: Recording = Recording()

    @property
    def answers(self) -> bool:
        return self.main is not None

    @classmethod
    def of(cls, service: Service) -> "Route":
        policy = service.sleep_policy
        return cls(
            suffix=service.suffix,
            segment=service.segment,
            service_id=service.service_id,
            scope=service.scope,
            main=_target(service.main),
            challenger=_target(service.challenger) if service.challenger else None,
            traffic=service.traffic,
            sleeps=service.is_asleep,
            while_asleep=policy.while_asleep if policy else WhileAsleep.WAIT,
            limits=service.limits,
            recording=service.recording,
        )


def _target(deployment: Deployment) -> Target | None:
    if not deployment.answers or deployment.serving is None:
        return None
    return Target(
        deployment_id=deployment.deployment_id,
        revision=deployment.serving_revision,
        model_version=deployment.serving.model_version,
    )
