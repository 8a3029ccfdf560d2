"""Calls of hosted models: what each of SageMaker's errors means to the caller."""

import io
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from openbml.compute.hostings import HostingNotFoundError
from openbml.compute.invocations import InvocationTimeoutError, ModelFailedError, ModelNotReadyError
from openbml.compute.invocations_sagemaker import EndpointInvoker
from openbml.compute.names import ComputeNames


class Client:
    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.sent: dict[str, Any] = {}

    def invoke_endpoint(self, **members: Any) -> dict[str, Any]:
        self.sent = members
        if self.error:
            raise self.error
        return {"Body": io.BytesIO(b'{"results": []}'), "ContentType": "application/json"}


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
