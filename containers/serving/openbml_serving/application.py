"""The routes: `GET /ping`, `POST /invocations`, and `GET /metrics` for whoever runs the server.

Source: sagemaker-local contract section 6.2, docs/reference/contracts.md section 3.
"""

from collections.abc import Callable

from openbml_kit.http_server import BodyState, Exchange, Reply
from openbml_serving.answering import Answer
from openbml_serving.inference import Inference
from openbml_serving.metrics import CONTENT_TYPE, ServingMetrics
from openbml_serving.requests import IMAGE_BODY, BodyRules, is_json


class Application:
    """Answers at once while the model is not set up: `/ping` 503, `/invocations` with 336100."""

    def __init__(self, metrics: ServingMetrics, connections: Callable[[], dict[str, float]]) -> None:
        """
        Args:
            connections: what the HTTP server tells of itself, by a gauge's name.
        """
        self._metrics = metrics
        self._connections = connections
        self._inference: Inference | None = None
        self._body_rules = IMAGE_BODY
        self._routes: dict[bytes, dict[bytes, Callable[[Exchange], None]]] = {
            b"/invocations": {b"POST": self._invocation},
            b"/ping": {b"GET": self._ping, b"HEAD": self._ping},
            b"/metrics": {b"GET": self._tell_metrics, b"HEAD": self._tell_metrics},
        }

    def ready(self, inference: Inference, body_rules: BodyRules) -> None:
        self._body_rules = body_rules
        self._inference = inference

    @property
    def is_healthy(self) -> bool:
        return self._inference is not None and self._inference.hung_for_s == 0

    def __call__(self, exchange: Exchange) -> None:
        methods = self._routes.get(exchange.path)
        if methods is None:
            exchange.answer(Reply(404))
        elif (handle := methods.get(exchange.method)) is None:
            exchange.answer(Reply(405, headers=b"allow: %b\r\n" % b", ".join(methods)))
        else:
            handle(exchange)

    def _ping(self, exchange: Exchange) -> None:
        exchange.answer(Reply(200 if self.is_healthy else 503))

    def _invocation(self, exchange: Exchange) -> None:
        rules = self._body_rules
        most_bytes = rules.most_bytes
        if exchange.body_state is BodyState.TOO_LARGE or (
            most_bytes is not None and len(exchange.body) > most_bytes
        ):
            content_type = exchange.headers.get(b"content-type", b"").decode("latin-1")
            self._refuse(exchange, rules.too_large if is_json(content_type) else "invalid_argument")
        elif self._inference is None or exchange.body_state is BodyState.NO_ROOM:
            self._refuse(exchange, "model_unavailable")
        else:
            self._inference.submit(exchange)

    def _refuse(self, exchange: Exchange, error: str) -> None:
        refusal = Answer.of_error(error)
        self._metrics.answered(refusal.error_code, 0.0)
        exchange.answer(Reply(200, refusal.body))

    def _tell_metrics(self, exchange: Exchange) -> None:
        inference = self._inference
        gauges = {"healthy": float(self.is_healthy), **self._connections()}
        if inference is not None:
            gauges |= {"waiting": inference.waiting, "running": inference.running}
        exchange.answer(Reply(200, self._metrics.text(**gauges), CONTENT_TYPE))
