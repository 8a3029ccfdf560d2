"""Calls of the public prediction APIs: token, retries as the manual advises (spec 08, section 4.5)."""

import base64
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import httpx

from openbml_client.errors import OpenBMLClientError

_TOKEN_ERRORS = {110, 111}
_BACK_OFF_ERRORS = {1, 2, 4, 13, 18, 336000}
_MODEL_NOT_READY = 336100
_READY_WAIT_S = 60.0
_ATTEMPTS = 4
# Of a call of tabular prediction; a body has 4 M.
_MOST_ROWS = 1_000
_MOST_CHARACTERS = 3_500_000


class PredictionError(OpenBMLClientError):
    """The prediction API answered with an error.

    Attributes:
        error_code: the manual's number.
        log_id: id of the call, for troubleshooting.
    """

    def __init__(self, error_code: int, error_msg: str, log_id: int | None) -> None:
        super().__init__(f"{error_code}: {error_msg}")
        self.error_code = error_code
        self.log_id = log_id


class PredictionClient:
    """Calls services with an application's key pair; the access token is fetched once and reused.

    Args:
        url: address of the installation.
        api_key: the application's API Key (AK).
        secret_key: the application's Secret Key (SK).
        wait_for_model: on 336100 wait a minute and repeat, as the manual says; off: raise at once.
    """

    def __init__(
        self,
        url: str,
        api_key: str,
        secret_key: str,
        *,
        wait_for_model: bool = True,
        http: httpx.Client | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url = url.rstrip("/")
        self._keys = {"client_id": api_key, "client_secret": secret_key}
        self._wait_for_model = wait_for_model
        self._http = http or httpx.Client(timeout=httpx.Timeout(90.0, connect=5.0))
        self._sleep = sleep
        self._token: str | None = None

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
        return self.predict(service_url, _picture(image) | more)

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
        return self.predict(service_url, _picture(image) | more)

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

    def predict(self, service_url: str, body: Mapping[str, Any]) -> dict[str, Any]:
        renewed = False
        for attempt in range(_ATTEMPTS):
            reply = self._post(service_url, body)
            code = int(reply.get("error_code", 0))
            last = attempt == _ATTEMPTS - 1
            if code in _TOKEN_ERRORS and not renewed:
                self._token, renewed = None, True
            elif code in _BACK_OFF_ERRORS and not last:
                self._sleep(0.5 * 2**attempt)
            elif code == _MODEL_NOT_READY and self._wait_for_model and not last:
                self._sleep(_READY_WAIT_S)
            elif code:
                raise PredictionError(code, str(reply.get("error_msg", "")), reply.get("log_id"))
            else:
                return reply
        raise PredictionError(code, str(reply.get("error_msg", "")), reply.get("log_id"))

    def _post(self, service_url: str, body: Mapping[str, Any]) -> dict[str, Any]:
        reply = self._http.post(service_url, params={"access_token": self._access_token()}, json=body)
        document: dict[str, Any] = reply.json()
        return document

    def _access_token(self) -> str:
        if self._token is None:
            params = {"grant_type": "client_credentials", **self._keys}
            reply = self._http.post(f"{self._url}/oauth/2.0/token", params=params).json()
            if "access_token" not in reply:
                raise PredictionError(13, f"{reply.get('error')}: {reply.get('error_description')}", None)
            self._token = str(reply["access_token"])
        return self._token


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


def _picture(image: Path | bytes) -> dict[str, Any]:
    content = image if isinstance(image, bytes) else image.read_bytes()
    return {"image": base64.b64encode(content).decode()}
