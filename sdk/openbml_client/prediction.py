"""Calls of the public prediction APIs: token, retries as the manual advises (spec 08, section 4.5)."""

import base64
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import httpx

from openbml_client.access_tokens import AccessTokens, PredictionError
from openbml_client.prediction_retries import BACK_OFF_ERRORS, TOKEN_ERRORS, WAIT_ERRORS

__all__ = ["PredictionClient", "PredictionError"]

_READY_WAIT_S = 60.0
_ATTEMPTS = 4
_LONGEST_PAUSE_S = 10.0
_TICKET_POLL_S = 5.0
_TICKET_WAIT_S = 900.0
# Of a call of tabular prediction; a body has 4 M.
_MOST_ROWS = 1_000
_MOST_CHARACTERS = 3_500_000


class PredictionClient:
    """Calls services with an application's key pair; one may be used by many threads.

    Args:
        url: address of the installation.
        api_key: the application's API Key (AK).
        secret_key: the application's Secret Key (SK).
        wait_for_model: on 336100 wait and repeat, as the manual says; off: raise at once.
        ready_wait_s: how long, where the platform does not say it.
        draw: uniform numbers, 0 <= x < 1: clients that were refused together do not come back together.
    """

    def __init__(
        self,
        url: str,
        api_key: str,
        secret_key: str,
        *,
        wait_for_model: bool = True,
        ready_wait_s: float = _READY_WAIT_S,
        http: httpx.Client | None = None,
        sleep: Callable[[float], None] = time.sleep,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._wait_for_model = wait_for_model
        self._ready_wait_s = ready_wait_s
        self._http = http or httpx.Client(timeout=httpx.Timeout(90.0, connect=5.0))
        self._tokens = AccessTokens(url, api_key, secret_key, http=self._http)
        self._sleep = sleep
        self._draw = draw

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def classify(
        self, service_url: str, image: Path | bytes, *, top_num: int | None = None
    ) -> dict[str, Any]:
        """Return `{"log_id", "results": [{"name", "score"}, …]}` for one image.

        Raises:
            PredictionError: any documented error, after the repeats the manual advises.
        """
        more = {} if top_num is None else {"top_num": top_num}
        return self.predict(service_url, _encoded("image", image) | more)

    def classify_sound(
        self, service_url: str, sound: Path | bytes, *, top_num: int | None = None
    ) -> dict[str, Any]:
        """Return the classes of a sound: mp3, m4a or wav, at most 15 seconds.

        Raises:
            PredictionError: any documented error, after the repeats the manual advises.
        """
        more = {} if top_num is None else {"top_num": top_num}
        return self.predict(service_url, _encoded("sound", sound) | more)

    def predict_image(
        self, service_url: str, image: Path | bytes, *, threshold: float | None = None
    ) -> dict[str, Any]:
        """Return the answer of a multi-label, detection or segmentation service for one image.

        Each of `results` has `name` and `score`; of detection and instance segmentation also `location`, in
        pixels; of both kinds of segmentation `mask`, which `openbml_client.decode_mask` turns into pixels.

        Args:
            threshold: results of a higher score are answered; None: the model's recommended one.

        Raises:
            PredictionError: any documented error, after the repeats the manual advises.
        """
        more = {} if threshold is None else {"threshold": threshold}
        return self.predict(service_url, _encoded("image", image) | more)

    def predict_rows(
        self, service_url: str, rows: Sequence[Mapping[str, Any]], *, explain: bool = False
    ) -> list[dict[str, Any]]:
        """Return the answers of a service of tabular prediction, one for each row, in their order.

        A classification answers `label` and `scores`, a regression `value`, and `quantiles` where the model
        has some. Many rows are sent in several calls.

        Args:
            rows: feature name and value; None is a missing value.
            explain: with `explanation`: `base`, and `contributions` that add up to the answer less the base.

        Raises:
            PredictionError: any documented error, after the repeats the manual advises.
        """
        answers: list[dict[str, Any]] = []
        for part in _parts(rows):
            body = {"data": part, **({"explain": True} if explain else {})}
            answers += self.predict(service_url, body)["batch_results"]
        return answers

    def predict(
        self, service_url: str, body: Mapping[str, Any], *, routing_key: str | None = None
    ) -> dict[str, Any]:
        """Return a service's answer; `log_id` is an integer of up to 63 bits.

        A token that has expired is replaced and the call repeated once; errors of a moment are repeated after
        a growing random pause, or what the platform says; a model that wakes up is waited for. An answer
        that comes later, under a ticket, is waited for too.

        Args:
            routing_key: calls with the same one meet the same version of the model, where the service keeps
                callers together.

        Raises:
            PredictionError: any documented error, after the repeats the manual advises.
            httpx.HTTPError: the platform cannot be reached.
        """
        params = {} if routing_key is None else {"routing_key": routing_key}
        renewed = False
        for attempt in range(_ATTEMPTS):
            reply, wait_s = self._call("POST", service_url, params=params, json=body)
            code = _code(reply)
            last = attempt == _ATTEMPTS - 1
            if code in TOKEN_ERRORS and not renewed:
                renewed = True
            elif code in BACK_OFF_ERRORS and not last:
                self._sleep(max(wait_s or 0.0, self._draw() * _pause_s(attempt)))
            elif code in WAIT_ERRORS and self._wait_for_model and "ticket" in reply:
                return self.fetch(service_url, str(reply["ticket"]))
            elif code in WAIT_ERRORS and self._wait_for_model and not last:
                self._sleep(self._ready_wait_s if wait_s is None else wait_s)
            elif code:
                raise _error(reply)
            else:
                return reply
        raise _error(reply)

    def fetch(self, service_url: str, ticket: str, *, timeout_s: float = _TICKET_WAIT_S) -> dict[str, Any]:
        """Return the answer that is kept under a ticket, as soon as it is there; again and again for a day.

        Raises:
            PredictionError: the call failed, there is no such ticket (3), or no answer in time (336100).
        """
        address = f"{service_url.rsplit('/', 2)[0]}/tickets/{ticket}"
        waited_s = 0.0
        renewed = False
        while True:
            reply, wait_s = self._call("GET", address, params={})
            code = _code(reply)
            if code in TOKEN_ERRORS and not renewed:
                renewed = True
                continue
            if code not in WAIT_ERRORS or waited_s >= timeout_s:
                if code:
                    raise _error(reply)
                return reply
            pause_s = wait_s or _TICKET_POLL_S
            self._sleep(pause_s)
            waited_s += pause_s

    def _call(
        self, method: str, address: str, *, params: Mapping[str, str], json: Any = None
    ) -> tuple[dict[str, Any], float | None]:
        """Return the reply and the seconds of its Retry-After, None without one."""
        token = self._tokens.current()
        reply = self._http.request(method, address, params={**params, "access_token": token}, json=json)
        document: dict[str, Any] = reply.json()
        if _code(document) in TOKEN_ERRORS:
            self._tokens.refused(token)
        return document, _seconds(reply.headers.get("Retry-After"))


def _code(reply: Mapping[str, Any]) -> int:
    return int(reply.get("error_code", 0))


def _error(reply: Mapping[str, Any]) -> PredictionError:
    return PredictionError(
        _code(reply), str(reply.get("error_msg", "")), reply.get("log_id"), reply.get("ticket")
    )


def _pause_s(attempt: int) -> float:
    return min(_LONGEST_PAUSE_S, 0.5 * float(2**attempt))


def _seconds(header: str | None) -> float | None:
    try:
        return None if header is None else max(0.0, float(header))
    except ValueError:  # a date, which the platform does not send
        return None


def _parts(rows: Sequence[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """Yield the rows in lists that one call takes."""
    part: list[Mapping[str, Any]] = []
    size = 0
    for row in rows:
        length = len(json.dumps(row)) + 2
        if part and (len(part) == _MOST_ROWS or size + length > _MOST_CHARACTERS):
            yield part
            part, size = [], 0
        part.append(row)
        size += length
    if part:
        yield part


def _encoded(field: str, file: Path | bytes) -> dict[str, Any]:
    content = file if isinstance(file, bytes) else file.read_bytes()
    return {field: base64.b64encode(content).decode()}
