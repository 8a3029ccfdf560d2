"""Calls of hosted models: what each of SageMaker's errors means to the caller."""

import io
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from openbml.compute.component_places import ComponentPlaces
from openbml.compute.hostings import HostingNotFoundError
from openbml.compute.invocations import (
    InvocationDeniedError,
    InvocationTimeoutError,
    ModelFailedError,
    ModelNotReadyError,
)
from openbml.compute.invocations_sagemaker import ComponentInvoker, EndpointInvoker, FirstKnownInvoker
from openbml.compute.names import ComputeNames


class Client:
    """Raises the error on each call, or on the first ones only."""

    def __init__(self, error: Exception | None = None, failures: int = 1000) -> None:
        self.error = error
        self.failures = failures
        self.sent: dict[str, Any] = {}
        self.calls = 0

    def invoke_endpoint(self, **members: Any) -> dict[str, Any]:
        self.sent = members
        self.calls += 1
        if self.error and self.calls <= self.failures:
            raise self.error
        return {"Body": io.BytesIO(b'{"results": []}'), "ContentType": "application/json"}


class Components:
    """`list_inference_components` of a SageMaker client: names, endpoints and states as a test sets them."""

    def __init__(self, **states: str) -> None:
        self.states = {name.replace("_", "-"): state for name, state in states.items()}
        self.lists = 0

    def get_paginator(self, operation: str) -> "Components":
        assert operation == "list_inference_components"
        return self

    def paginate(self, **conditions: str) -> list[dict[str, Any]]:
        self.lists += 1
        rows = [
            {
                "InferenceComponentName": name,
                "EndpointName": "openbml-dev-pool-42-m5-large",
                "InferenceComponentStatus": state,
            }
            for name, state in self.states.items()
            if conditions["NameContains"] in name
        ]
        return [{"InferenceComponents": rows[:1]}, {"InferenceComponents": rows[1:]}]


def component_invoker(client: Client, components: Components, at: list[float]) -> ComponentInvoker:
    places = ComponentPlaces(components, names=ComputeNames(stage="dev"), seconds=lambda: at[0])
    return ComponentInvoker(lambda timeout_s: client, places=places)


def invoker(client: Client) -> EndpointInvoker:
    return EndpointInvoker(lambda timeout_s: client, names=ComputeNames(stage="dev"))


def error(code: str, message: str = "", **members: Any) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}, **members}, "InvokeEndpoint")  # type: ignore[arg-type]  # modelled members stand beside Error


def test_an_answer_comes_back_as_it_was_given() -> None:
    client = Client()
    reply = invoker(client).invoke("2001", b"{}", "application/json", 5)
    assert (reply.body, reply.content_type) == (b'{"results": []}', "application/json")
    assert client.sent["EndpointName"] == "openbml-dev-svc-2001"


@pytest.mark.parametrize(
    ("raised", "meaning"),
    [
        (
            error("ValidationError", "Endpoint openbml-dev-svc-2001 of account 1 not found."),
            HostingNotFoundError,
        ),
        (error("ValidationError", "Endpoint is not InService"), ModelNotReadyError),
        (error("ServiceUnavailable"), ModelNotReadyError),
        (error("AccessDeniedException"), InvocationDeniedError),
        (error("ModelNotReadyException"), ModelNotReadyError),
        (error("ThrottlingException"), ModelNotReadyError),
        (error("InternalFailure"), ModelNotReadyError),
        (error("ModelError", "Received 500", OriginalStatusCode=500), ModelFailedError),
        (error("ModelError", "Invocation timed out", OriginalStatusCode=0), InvocationTimeoutError),
        (error("ModelError", "Connection closed", OriginalStatusCode=0), ModelFailedError),
        (ReadTimeoutError(endpoint_url="http://127.0.0.1"), InvocationTimeoutError),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1"), ModelNotReadyError),
    ],
)
def test_each_error_has_one_meaning(raised: Exception, meaning: type[Exception]) -> None:
    with pytest.raises(meaning):
        invoker(Client(raised)).invoke("2001", b"{}", "application/json", 5)


def test_a_failing_model_tells_its_status() -> None:
    with pytest.raises(ModelFailedError) as failed:
        invoker(Client(error("ModelError", OriginalStatusCode=503))).invoke("2001", b"", "text/plain", 5)
    assert failed.value.status == 503


BROKEN = error("ModelError", "Received no answer", OriginalStatusCode=0)


def test_a_call_whose_copy_died_is_repeated_once() -> None:
    client = Client(BROKEN, failures=1)
    assert invoker(client).invoke("2001", b"{}", "application/json", 5).body == b'{"results": []}'
    with pytest.raises(ModelFailedError):
        invoker(Client(BROKEN, failures=2)).invoke("2001", b"{}", "application/json", 5)


@pytest.mark.parametrize(
    "raised",
    [error("ModelError", OriginalStatusCode=500), error("ModelError", "timed out", OriginalStatusCode=0)],
)
def test_a_call_that_was_answered_or_took_its_time_is_not_repeated(raised: ClientError) -> None:
    client = Client(raised)
    with pytest.raises((ModelFailedError, InvocationTimeoutError)):
        invoker(client).invoke("2001", b"{}", "application/json", 5)
    assert client.calls == 1


@pytest.mark.parametrize(
    ("revision", "component"),
    [(1, "openbml-dev-svc-2001-r1"), (2, "openbml-dev-svc-2001-r1"), (3, "openbml-dev-svc-2001-r3")],
)
def test_the_newest_component_up_to_the_revision_answers(revision: int, component: str) -> None:
    client = Client()
    components = Components(
        openbml_dev_svc_2001_r1="InService",
        openbml_dev_svc_2001_r3="Updating",
        openbml_dev_svc_2001_r4="Creating",
        openbml_dev_svc_2001b_r2="InService",
    )
    asking = component_invoker(client, components, [0.0])
    for _ in range(2):
        asking.invoke("2001", b"{}", "application/json", 5, revision)
    assert client.sent["InferenceComponentName"] == component
    assert client.sent["EndpointName"] == "openbml-dev-pool-42-m5-large"
    assert components.lists == 1


def test_which_revision_is_the_newest_is_looked_up_anew_after_seconds() -> None:
    at, client = [0.0], Client()
    components = Components(openbml_dev_svc_2001_r1="InService")
    asking = component_invoker(client, components, at)
    asking.invoke("2001", b"{}", "application/json", 5)
    components.states["openbml-dev-svc-2001-r2"] = "InService"
    at[0] = 10.0
    asking.invoke("2001", b"{}", "application/json", 5)
    assert client.sent["InferenceComponentName"] == "openbml-dev-svc-2001-r2"


def test_a_component_that_went_is_forgotten() -> None:
    client = Client(error("ValidationError", "Inference Component not found"), failures=1)
    components = Components(openbml_dev_svc_2001_r1="InService")
    asking = component_invoker(client, components, [0.0])
    with pytest.raises(HostingNotFoundError):
        asking.invoke("2001", b"{}", "application/json", 5, 1)
    asking.invoke("2001", b"{}", "application/json", 5, 1)
    assert components.lists == 2


def test_a_hosting_of_the_other_mode_is_found_too() -> None:
    client = Client()
    both = FirstKnownInvoker([component_invoker(Client(), Components(), [0.0]), invoker(client)])
    both.invoke("2001", b"{}", "application/json", 5, 1)
    assert client.sent["EndpointName"] == "openbml-dev-svc-2001"
