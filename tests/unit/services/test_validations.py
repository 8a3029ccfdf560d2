"""A model version in a temporary service: started once, asked, ended by itself."""

from itertools import count
from typing import Any

import pytest

from openbml.compute.failures import Failure, Fault
from openbml.compute.hostings import HostingNotFoundError, HostingState
from openbml.compute.invocations import ModelNotReadyError
from openbml.services.prediction.replies import ReplyMalformedError
from openbml.services.validation import validate_versions as use
from openbml.services.validation.validate_versions import ValidationRequest, ValidationView
from openbml.services.validation.validations import (
    LIFETIME,
    MOST_IN_A_PROJECT,
    TooManyValidationsError,
    ValidationEndedError,
    ValidationNotReadyError,
)
from tests.fakes.compute_memory import Ticking
from tests.fakes.services_memory import FakeHostings, FakeInvoker, FakeVersions
from tests.fakes.services_samples import SCOPE
from tests.fakes.validations_memory import InMemoryValidations


class Desk:
    def __init__(self) -> None:
        self.validations = InMemoryValidations()
        self.versions = FakeVersions()
        self.now = Ticking()
        self.hostings = FakeHostings(self.now)
        self.invoker = FakeInvoker()
        self.new_id = count(5).__next__

    def start(self, model_version: int = 1) -> ValidationView:
        return use.start_validation(
            ValidationRequest(model_id=3, model_version=model_version),
            scope=SCOPE,
            validations=self.validations,
            versions=self.versions,
            hostings=self.hostings,
            new_id=self.new_id,
            now=self.now,
        )

    def read(self, validation_id: int = 5) -> ValidationView:
        return use.read_validation(
            SCOPE, validation_id, validations=self.validations, hostings=self.hostings, now=self.now
        )

    def ask(self, document: dict[str, Any]) -> dict[str, Any]:
        return use.ask_validation(
            document,
            scope=SCOPE,
            validation_id=5,
            validations=self.validations,
            invoker=self.invoker,
            now=self.now,
        )

    def end(self) -> None:
        use.end_validation(SCOPE, 5, validations=self.validations, hostings=self.hostings, now=self.now)

    def minute(self) -> int:
        return use.end_expired_validations(validations=self.validations, hostings=self.hostings, now=self.now)


def test_a_validation_starts_answers_and_ends() -> None:
    desk = Desk()

    assert desk.start().state == "starting"
    desk.hostings.become("v5", HostingState.IN_SERVICE)
    assert desk.read().state == "ready"
    assert desk.ask({"data": [{"年龄": 3}]}) == {"results": [{"name": "digit_3", "score": 0.9}]}
    assert desk.invoker.calls == [("v5", '{"data": [{"年龄": 3}]}'.encode(), "application/json")]
    desk.end()

    assert desk.read().state == "ended"
    assert desk.hostings.hostings["v5"].removal_requested
    with pytest.raises(ValidationEndedError):
        desk.ask({})


def test_it_takes_one_unit_and_one_copy() -> None:
    desk = Desk()
    desk.start()

    request = desk.hostings.hostings["v5"].request
    assert (request.compute_units, request.copies, request.image) == (1, 1, "serving")


def test_starting_again_is_the_same_validation() -> None:
    desk = Desk()

    assert desk.start().validation_id == desk.start().validation_id
    assert len(desk.hostings.hostings) == 1


def test_a_call_that_was_killed_before_the_hosting_is_made_up_for() -> None:
    desk = Desk()
    desk.start()
    desk.hostings.hostings.clear()

    assert desk.read().state == "starting"
    assert "v5" in desk.hostings.hostings


def test_a_model_that_does_not_come_up_says_why() -> None:
    desk = Desk()
    desk.start()
    failure = Failure(fault=Fault.PLATFORM, message="model.json cannot be read")
    desk.hostings.become("v5", HostingState.FAILED, failure=failure)

    view = desk.read()
    assert (view.state, view.failure) == ("failed", failure)


def test_it_ends_by_itself_and_another_can_start() -> None:
    desk = Desk()
    desk.start()
    assert desk.minute() == 1

    desk.now.pass_time(seconds=LIFETIME.total_seconds())
    assert desk.read().state == "ended"
    assert desk.minute() == 0
    assert desk.hostings.hostings["v5"].removal_requested
    assert desk.start().validation_id == 6


def test_an_expired_one_is_no_obstacle_before_the_minute_has_come() -> None:
    desk = Desk()
    desk.start()
    desk.now.pass_time(seconds=LIFETIME.total_seconds() + 1)

    assert desk.start().validation_id > 5


def test_a_project_has_few_at_once() -> None:
    desk = Desk()
    for version in range(1, MOST_IN_A_PROJECT + 1):
        desk.start(version)

    with pytest.raises(TooManyValidationsError):
        desk.start(99)


@pytest.mark.parametrize(
    "outcome", [ModelNotReadyError(deployment_id="v5"), HostingNotFoundError(deployment_id="v5")]
)
def test_a_call_while_it_starts_says_so(outcome: Exception) -> None:
    desk = Desk()
    desk.start()
    desk.invoker.outcome = outcome

    with pytest.raises(ValidationNotReadyError):
        desk.ask({})


@pytest.mark.parametrize("body", [b"no json", b"[1]"])
def test_an_answer_that_is_no_object_is_the_models_fault(body: bytes) -> None:
    desk = Desk()
    desk.start()
    desk.invoker.outcome = body

    with pytest.raises(ReplyMalformedError):
        desk.ask({})
