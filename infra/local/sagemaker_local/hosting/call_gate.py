"""The access gate in front of the calls that the engine reads without aiohttp."""

from sagemaker_local.hosting.calls import Call, CallHandler, Reply
from sagemaker_local.hosting.invocations import error_reply
from sagemaker_local.protocol.access import AccessError, AccessGate, Incoming
from sagemaker_local.protocol.errors import RuntimeApiError, runtime_validation_error


def gated(handler: CallHandler, gate: AccessGate) -> CallHandler:
    """Return a handler that answers only what the gate lets through."""

    async def answer(call: Call) -> Reply:
        try:
            _check(gate, call)
        except AccessError as error:
            return error_reply(RuntimeApiError(error.name, 403, str(error), {}))
        except RuntimeApiError as error:
            return error_reply(error)
        return await handler(call)

    return answer


def _check(gate: AccessGate, call: Call) -> None:
    incoming = Incoming("POST", call.target, call.headers)
    gate.check(incoming)
    if gate.needs_signature(incoming):
        if sum(map(len, call.body)) < call.size_bytes:  # not kept, so nobody can tell who signed it
            raise runtime_validation_error(
                f"The request body has {call.size_bytes} bytes, more than are taken."
            )
        gate.check_signature(incoming, b"".join(call.body))
