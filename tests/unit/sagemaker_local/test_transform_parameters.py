"""With what a container is asked: request, container and defaults together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sagemaker_local.transform.execution_parameters import ContainerParameters, resolve
from sagemaker_local.transform.jobs import Parameters
from sagemaker_local.transform.requests import limits_problem


def test_the_request_wins_over_the_container_over_the_defaults() -> None:
    wishes = ContainerParameters(MaxConcurrentTransforms=4, BatchStrategy="SINGLE_RECORD")
    assert resolve({"BatchStrategy": "MultiRecord"}, wishes) == Parameters(
        max_concurrent=4, max_payload_mb=6, strategy="MultiRecord"
    )
    assert resolve({}, wishes).strategy == "SingleRecord"
    assert resolve({}, ContainerParameters()) == Parameters()


@given(st.integers(1, 200), st.integers(0, 100))
def test_what_a_container_wishes_never_breaks_the_limit(concurrent: int, payload: int) -> None:
    found = resolve({}, ContainerParameters(MaxConcurrentTransforms=concurrent, MaxPayloadInMB=payload))
    assert limits_problem(found.max_concurrent, found.max_payload_mb) is None
    assert found.max_concurrent >= 1


@pytest.mark.parametrize(
    "answer", [{"MaxConcurrentTransforms": 0}, {"MaxPayloadInMB": 101}, {"BatchStrategy": "x"}]
)
def test_nonsense_of_a_container_is_refused(answer: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ContainerParameters.model_validate(answer)
