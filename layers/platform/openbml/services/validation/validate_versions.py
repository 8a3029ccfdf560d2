"""Use cases: start a validation, look at it, ask its model, end it."""

import json
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from openbml.compute.failures import Failure
from openbml.compute.hostings import Hosting, HostingNotFoundError, HostingRequest, HostingState
from openbml.compute.invocations import Invoker, ModelNotReadyError
from openbml.compute.owners import Owner
from openbml.core.clock import Clock
from openbml.core.ids import IdFactory
from openbml.core.observability import logger
from openbml.core.scope import ProjectScope
from openbml.services.collaborators import Hostings, ServableVersions
from openbml.services.prediction.replies import ReplyMalformedError
from openbml.services.validation.validations import (
    LIFETIME,
    MOST_IN_A_PROJECT,
    TooManyValidationsError,
    Validation,
    ValidationEndedError,
    ValidationNotReadyError,
    ValidationRepository,
    ValidationTakenError,
)
from openbml_catalog.tasks import tasks

OWNER_CONTEXT = "validations"
_TIMEOUT_S = 25.0


class FollowedHostings(Hostings, Protocol):
    def follow_hosting(self, deployment_id: str) -> Hosting:
        """Raises HostingNotFoundError."""


class ValidationRequest(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    model_id: int = Field(ge=1, lt=2**53)
    model_version: int = Field(ge=1, lt=10**8)


class ValidationState(StrEnum):
    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"
    ENDED = "ended"


class ValidationView(BaseModel):
    """A validation as its owner sees it."""

    model_config = ConfigDict(frozen=True)

    validation_id: int
    model_id: int
    model_version: int
    task_type: str
    state: ValidationState
    failure: Failure | None = None
    started_at: AwareDatetime
    ends_at: AwareDatetime


def start_validation(
    request: ValidationRequest,
    *,
    scope: ProjectScope,
    validations: ValidationRepository,
    versions: ServableVersions,
    hostings: FollowedHostings,
    new_id: IdFactory,
    now: Clock,
) -> ValidationView:
    """Start the temporary service of a version; one that is open is the one asked for.

    Raises:
        VersionNotFoundError, VersionNotReadyError, TooManyValidationsError
    """
    version = versions.get(scope, request.model_id, request.model_version)
    task = tasks()[version.task_type]
    at = now()
    draft = Validation(
        scope=scope,
        validation_id=new_id(),
        model_id=request.model_id,
        model_version=request.model_version,
        task_type=task.code,
        image=version.image,
        model_uri=version.model_uri,
        started_at=at,
        ends_at=at + LIFETIME,
    )
    validation = _open(draft, validations=validations, hostings=hostings, now=now)
    hosting = hostings.deploy(_hosting_request(validation))
    logger.info("validation started", validation_id=validation.validation_id, model_id=request.model_id)
    return _view(validation, hosting, at)


def read_validation(
    scope: ProjectScope,
    validation_id: int,
    *,
    validations: ValidationRepository,
    hostings: FollowedHostings,
    now: Clock,
) -> ValidationView:
    """Raises ValidationNotFoundError."""
    validation = validations.get(scope, validation_id)
    hosting = None if validation.is_over(now()) else _hosting(validation, hostings)
    return _view(validation, hosting, now())


def ask_validation(
    document: dict[str, Any],
    *,
    scope: ProjectScope,
    validation_id: int,
    validations: ValidationRepository,
    invoker: Invoker,
    now: Clock,
) -> dict[str, Any]:
    """Return what the model answers to a request of its prediction API, errors of the manual included.

    Raises:
        ValidationNotFoundError, ValidationEndedError, ValidationNotReadyError
        ModelFailedError, InvocationTimeoutError, ReplyMalformedError: the model gave no answer.
    """
    validation = validations.get(scope, validation_id)
    if validation.is_over(now()):
        raise ValidationEndedError(validation_id=validation_id)
    body = json.dumps(document, ensure_ascii=False).encode()
    try:
        reply = invoker.invoke(validation.deployment_id, body, "application/json", _TIMEOUT_S)
    except (HostingNotFoundError, ModelNotReadyError) as error:
        raise ValidationNotReadyError(validation_id=validation_id) from error
    try:
        answer = json.loads(reply.body)
    except ValueError as error:
        raise ReplyMalformedError from error
    if not isinstance(answer, dict):
        raise ReplyMalformedError
    return answer


def end_validation(
    scope: ProjectScope,
    validation_id: int,
    *,
    validations: ValidationRepository,
    hostings: FollowedHostings,
    now: Clock,
) -> None:
    """End it before its time; again is fine. Raises ValidationNotFoundError."""
    _end(validations.get(scope, validation_id), validations=validations, hostings=hostings, now=now)


def end_expired_validations(
    *, validations: ValidationRepository, hostings: FollowedHostings, now: Clock
) -> int:
    """End those whose time is over; return how many are left open.

    The hosting goes before the mark, so that one that could not be removed is met again.
    """
    left = 0
    for scope, validation_id in validations.open_everywhere():
        validation = validations.get(scope, validation_id)
        if validation.is_over(now()):
            _end(validation, validations=validations, hostings=hostings, now=now)
        else:
            left += 1
    return left


def _open(
    draft: Validation, *, validations: ValidationRepository, hostings: FollowedHostings, now: Clock
) -> Validation:
    open_ones = validations.open_in(draft.scope)
    for validation in open_ones:
        if (validation.model_id, validation.model_version) == (draft.model_id, draft.model_version):
            if not validation.is_over(now()):
                return validation
            _end(validation, validations=validations, hostings=hostings, now=now)
    if sum(not validation.is_over(now()) for validation in open_ones) >= MOST_IN_A_PROJECT:
        raise TooManyValidationsError(most=MOST_IN_A_PROJECT)
    try:
        validations.add(draft)
    except ValidationTakenError as error:  # another call was faster: its validation is the one
        return validations.get(draft.scope, int(error.details["validation_id"]))
    return draft


def _end(
    validation: Validation, *, validations: ValidationRepository, hostings: FollowedHostings, now: Clock
) -> None:
    try:
        hostings.undeploy(validation.deployment_id)
    except HostingNotFoundError:
        logger.info("a validation had no hosting", validation_id=validation.validation_id)
    validations.end(validation.ended(now()))


def _hosting(validation: Validation, hostings: FollowedHostings) -> Hosting:
    """Return the hosting; one that a killed call left out is asked for again."""
    try:
        return hostings.follow_hosting(validation.deployment_id)
    except HostingNotFoundError:
        return hostings.deploy(_hosting_request(validation))


def _hosting_request(validation: Validation) -> HostingRequest:
    return HostingRequest(
        deployment_id=validation.deployment_id,
        owner=Owner(context=OWNER_CONTEXT, id=str(validation.validation_id)),
        scope=validation.scope,
        image=validation.image,
        model_uri=validation.model_uri,
        compute_units=1,
        copies=1,
        revision=1,
    )


_STATES = {HostingState.IN_SERVICE: ValidationState.READY, HostingState.FAILED: ValidationState.FAILED}


def _view(validation: Validation, hosting: Hosting | None, at: datetime) -> ValidationView:
    state, failure = ValidationState.ENDED, None
    if hosting is not None and not validation.is_over(at):
        state, failure = _STATES.get(hosting.state, ValidationState.STARTING), hosting.failure
    return ValidationView(
        validation_id=validation.validation_id,
        model_id=validation.model_id,
        model_version=validation.model_version,
        task_type=validation.task_type,
        state=state,
        failure=failure,
        started_at=validation.started_at,
        ends_at=validation.ends_at,
    )
