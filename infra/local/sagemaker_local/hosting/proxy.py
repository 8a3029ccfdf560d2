"""From an admitted request to a container and back: containers in a chain, retries, errors, measures."""

import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from sagemaker_local.hosting.calls import Body, Headers
from sagemaker_local.hosting.routing import (
    ConcurrencyLimitError,
    EndpointRoute,
    NotReadyError,
    NoWorkerError,
    RoutingError,
    Target,
    WorkerPool,
)
from sagemaker_local.hosting.traffic_metrics import Served, TrafficMetrics
from sagemaker_local.hosting.worker import Worker
from sagemaker_local.hosting.worker_connections import (
    Answer,
    AnswerTooLarge,
    ContainerClosed,
    NotConnected,
    WorkerConnections,
)
from sagemaker_local.protocol.arns import Scope
from sagemaker_local.protocol.errors import (
    RuntimeApiError,
    model_error,
    model_not_ready,
    runtime_validation_error,
    service_unavailable,
)

ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
_PATH = "/invocations"
_SHOWN_BYTES = 512
_SUSPECT_S = 0.25
_KEPT_ERROR_BYTES = 64 * 1024


@dataclass(frozen=True)
class Invocation:
    """A request that has found its endpoint and variant."""

    scope: Scope
    route: EndpointRoute
    pool: WorkerPool
    target: Target
    headers: Sequence[tuple[str, str]]
    body: Body
    timeout_s: float
    began_at: float = field(default_factory=time.perf_counter)

    @property
    def log_arn(self) -> str:
        group = self.pool.log_group or f"/aws/sagemaker/Endpoints/{self.route.name}"
        return f"arn:aws:logs:{self.scope.region}:{self.scope.account_id}:log-group:{group}"

    def next_hop(self, answer: Answer) -> "Invocation":
        """What the next container of a chain gets."""
        kept = [(name, value) for name, value in self.headers if name.lower() != "content-type"]
        content_type = answer.headers.get("Content-Type")
        headers = [*kept, ("Content-Type", content_type)] if content_type else kept
        return replace(self, headers=headers, body=answer.parts)

    def before_last_hop(self) -> "Invocation":
        """Only the last container of a chain answers in what the caller accepts."""
        return replace(self, headers=[item for item in self.headers if item[0].lower() != "accept"])


@dataclass
class ModelCall:
    """How one invocation went, for the metrics."""

    invocation: Invocation
    model_s: float = 0.0
    status: int | None = None  # the container's; None when it gave none
    setup_s: float | None = None
    worker: Worker | None = None


class Proxy:
    def __init__(self, connections: WorkerConnections, metrics: TrafficMetrics) -> None:
        self._connections = connections
        self._metrics = metrics
        self._suspects: dict[Worker, float] = {}  # until when

    async def send(self, invocation: Invocation) -> Answer:
        """Return the container's successful answer.

        Raises:
            RuntimeApiError: what the caller gets instead.
        """
        call = ModelCall(invocation)
        try:
            worker, hops = await self._first_hop(call)
            try:
                return await self._along(call, worker, hops)
            finally:
                invocation.pool.release(worker)
        finally:
            self._record(call)

    async def stream(self, invocation: Invocation) -> tuple[Answer, AsyncGenerator[bytes, None]]:
        """Like ``send``, but return when the head of the answer is there, then its body as it comes.

        The generator raises TimeoutError or ContainerClosed when the body does not come to its end;
        it must be closed.
        """
        call = ModelCall(invocation)
        try:
            worker, hops = await self._first_hop(call)
        except BaseException:
            self._record(call)
            raise
        try:
            began = time.perf_counter()
            last, invocation = await self._before_last(call, worker, hops)
            answer, body = await self._open(call, last, invocation)
        except BaseException:
            invocation.pool.release(worker)
            self._record(call)
            raise
        return answer, self._released(body, call, worker, began)

    # -- admission -----------------------------------------------------------------------

    async def _first_hop(self, call: ModelCall) -> tuple[Worker, list[str]]:
        """Admit the request to a worker that can be reached; the caller releases it."""
        pool = call.invocation.pool
        tried: list[Worker] = []
        while True:
            worker = await self._admitted(call, tried)
            try:
                hops = worker.hops(call.invocation.target)
                await self._connections.reach(hops[0])
            except RoutingError as error:
                pool.release(worker)
                raise runtime_validation_error(str(error)) from error
            except NotConnected:
                pool.release(worker)
                tried.append(worker)  # nothing was sent yet, so another worker may have it
            except BaseException:
                pool.release(worker)
                raise
            else:
                call.worker = worker
                return worker, hops

    async def _admitted(self, call: ModelCall, tried: Sequence[Worker]) -> Worker:
        pool, route = call.invocation.pool, call.invocation.route
        setup_before = pool.setup_s
        try:
            worker = await self._unsuspected(pool, tried) or await pool.admit(tried)
        except NoWorkerError as error:
            raise service_unavailable(
                f"Endpoint {route.name} has no healthy instance of variant {pool.name}."
            ) from error
        except NotReadyError as error:
            raise model_not_ready(f"The model of endpoint {route.name} is not ready: {error}.") from error
        except ConcurrencyLimitError as error:
            raise service_unavailable(
                f"Variant {pool.name} of endpoint {route.name} takes no more requests at the same time."
            ) from error
        if pool.setup_s != setup_before:
            call.setup_s = pool.setup_s
        return worker

    async def _unsuspected(self, pool: WorkerPool, tried: Sequence[Worker]) -> Worker | None:
        """A worker that closed a connection may be dying and still take the next one: prefer others."""
        if not self._suspects:
            return None
        now = time.monotonic()
        self._suspects = {worker: until for worker, until in self._suspects.items() if until > now}
        try:
            return await pool.admit([*tried, *self._suspects]) if self._suspects else None
        except NoWorkerError:
            return None

    def _note_closed(self, call: ModelCall, error: Exception) -> None:
        if isinstance(error, ContainerClosed) and call.worker is not None:
            self._suspects[call.worker] = time.monotonic() + _SUSPECT_S

    # -- exchanges -----------------------------------------------------------------------

    async def _along(self, call: ModelCall, worker: Worker, hops: Sequence[str]) -> Answer:
        began = time.perf_counter()
        try:
            last, invocation = await self._before_last(call, worker, hops)
            return await self._exchange(call, last, invocation)
        finally:
            call.model_s = time.perf_counter() - began

    async def _before_last(
        self, call: ModelCall, worker: Worker, hops: Sequence[str]
    ) -> tuple[str, Invocation]:
        """Call all containers but the last; return where and with what the last is called."""
        invocation = call.invocation
        for address in hops[:-1]:
            answer = await self._exchange(call, address, invocation.before_last_hop())
            invocation = invocation.next_hop(answer)
        return hops[-1], invocation

    async def _exchange(self, call: ModelCall, address: str, invocation: Invocation) -> Answer:
        try:
            answer = await self._connections.request(
                address, _PATH, invocation.headers, invocation.body, invocation.timeout_s
            )
        except (TimeoutError, ContainerClosed, AnswerTooLarge, NotConnected) as error:
            self._note_closed(call, error)
            raise no_answer(invocation, error) from error
        call.status = answer.status
        if not is_success(answer.status):
            raise refusal(invocation, answer.status, b"".join(answer.parts))
        return answer

    async def _open(
        self, call: ModelCall, address: str, invocation: Invocation
    ) -> tuple[Answer, AsyncGenerator[bytes, None]]:
        try:
            answer, body = await self._connections.stream(
                address, _PATH, invocation.headers, invocation.body, invocation.timeout_s
            )
            call.status = answer.status
            if not is_success(answer.status):
                raise refusal(invocation, answer.status, await _start_of(body))
        except (TimeoutError, ContainerClosed, NotConnected) as error:
            self._note_closed(call, error)
            raise no_answer(invocation, error) from error
        return answer, body

    async def _released(
        self, body: AsyncGenerator[bytes, None], call: ModelCall, worker: Worker, began: float
    ) -> AsyncGenerator[bytes, None]:
        try:
            async with aclosing(body):
                async for part in body:
                    yield part
        except (TimeoutError, ContainerClosed) as error:
            self._note_closed(call, error)
            call.status = None
            raise
        finally:
            call.model_s = time.perf_counter() - began
            call.invocation.pool.release(worker)
            self._record(call)

    def _record(self, call: ModelCall) -> None:
        invocation = call.invocation
        self._metrics.record(
            Served(
                scope=invocation.scope,
                endpoint=invocation.route.name,
                variant=invocation.pool.name,
                instances=invocation.pool.instance_count,
                status=call.status,
                model_s=call.model_s,
                overhead_s=time.perf_counter() - invocation.began_at - call.model_s,
                setup_s=call.setup_s,
            )
        )


def is_success(status: int) -> bool:
    return status // 100 == 2


def no_answer(invocation: Invocation, error: Exception) -> RuntimeApiError:
    timed_out = isinstance(error, TimeoutError)
    message = (
        "Your invocation timed out while waiting for a response from container primary. Review the latency "
        "metrics for each container in Amazon CloudWatch, resolve the issue, and try again."
        if timed_out
        else f"Received no answer from primary: {error}. See {invocation.log_arn} for more information."
    )
    return model_error(
        message=message,
        status=0,
        original=b"" if timed_out else str(error).encode(),
        log_stream_arn=invocation.log_arn,
    )


def refusal(invocation: Invocation, status: int, content: bytes) -> RuntimeApiError:
    kind = "client" if status // 100 == 4 else "server"
    text = content[:_SHOWN_BYTES].decode("utf-8", "replace")
    return model_error(
        message=f'Received {kind} error ({status}) from primary with message "{text}". '
        f"See {invocation.log_arn} for more information.",
        status=status,
        original=content,
        log_stream_arn=invocation.log_arn,
    )


async def _start_of(body: AsyncGenerator[bytes, None]) -> bytes:
    found = b""
    async with aclosing(body):
        async for part in body:
            found += part
            if len(found) >= _KEPT_ERROR_BYTES:
                break
    return found


def reply_headers(answer: Answer, variant: str, content_type_name: str = "Content-Type") -> dict[str, str]:
    headers = {
        content_type_name: answer.headers.get("Content-Type", "application/octet-stream"),
        "x-Amzn-Invoked-Production-Variant": variant,
    }
    for name in _RETURNED:
        if name in answer.headers:
            headers[name] = answer.headers[name]
    return headers


_RETURNED = (
    ATTRIBUTES,
    "X-Amzn-SageMaker-New-Session-Id",
    "X-Amzn-SageMaker-Closed-Session-Id",
)


def passed_headers(headers: Headers, names: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return what the container gets: pairs of the name in the call and the name it is passed under."""
    return [(passed, headers[name]) for name, passed in names if name in headers]
