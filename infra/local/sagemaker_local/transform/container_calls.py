"""``POST /invocations`` with the retries and limits of a transform job."""

import asyncio
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import aiohttp

from sagemaker_local.transform.data_log import DataLog
from sagemaker_local.transform.jobs import Parameters, TransformJob
from sagemaker_local.transform.model_servers import ModelServers
from sagemaker_local.transform.splitting import Span

_CONNECT_S = 5.0
_CHUNK = 256 * 1024
_IN_MEMORY_BYTES = 1024 * 1024
_FIRST_BACKOFF_S = 0.2
_MAX_BACKOFF_S = 5.0
_MESSAGE_BYTES = 512
DEFAULT_TIMEOUT_S = 600
DEFAULT_RETRIES = 3


class ModelRefusedError(Exception):
    """The container answered 4xx: this input is not for it."""


class ModelFailedError(Exception):
    """The container answered 5xx, broke off or took too long, at every attempt."""


@dataclass(frozen=True)
class ClientConfig:
    timeout_s: int
    retries: int
    headers: Mapping[str, str]


def client_config(job: TransformJob) -> ClientConfig:
    config = job.request.get("ModelClientConfig", {})
    wanted = {"Content-Type": job.input.get("ContentType"), "Accept": job.output.get("Accept")}
    return ClientConfig(
        timeout_s=config.get("InvocationsTimeoutInSeconds", DEFAULT_TIMEOUT_S),
        retries=config.get("InvocationsMaxRetries", DEFAULT_RETRIES),
        headers={name: value for name, value in wanted.items() if value},
    )


class ContainerCalls:
    """Calls to the server of one instance, at most ``max_concurrent`` at a time."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        servers: ModelServers,
        ordinal: int,
        config: ClientConfig,
        parameters: Parameters,
        data_log: DataLog,
    ) -> None:
        self._http = http
        self._servers = servers
        self._ordinal = ordinal
        self._config = config
        self._is_chunked = parameters.max_payload_bytes is None
        self._permits = asyncio.Semaphore(parameters.max_concurrent)
        self._data_log = data_log
        self._timeout = aiohttp.ClientTimeout(total=config.timeout_s, sock_connect=_CONNECT_S)

    async def send(self, source: Path, body: Span, what: str, work_dir: Path) -> IO[bytes]:
        """Send a part of a file; returns the answer, rewound and in memory or on disk by its size.

        Raises:
            ModelRefusedError, ModelFailedError: the answer is no result.
            ServersFailedError: there is no server any more.
        """
        async with self._permits:
            backoff_s = _FIRST_BACKOFF_S
            for attempt in range(self._config.retries + 1):
                hops = await self._servers.hops(self._ordinal)
                try:
                    return await self._through(hops, source, body, work_dir)
                except ModelFailedError as error:
                    last = attempt == self._config.retries
                    self._data_log.write(f"{what}: attempt {attempt + 1}: {error}")
                    if last:
                        raise
                await asyncio.sleep(backoff_s)
                backoff_s = min(backoff_s * 2, _MAX_BACKOFF_S)
        raise AssertionError("the last attempt returns or raises")

    async def _through(self, hops: Sequence[str], source: Path, body: Span, work_dir: Path) -> IO[bytes]:
        """The answer of each container of a chain is the next one's body, under its own content type."""
        answer, kind = await self._post(hops[0], source, body, work_dir, self._config.headers)
        for address in hops[1:]:
            between = work_dir / f"between-{uuid.uuid4().hex}"
            try:
                with answer:
                    size = await asyncio.to_thread(_write, answer, between)
                headers = {**self._config.headers, "Content-Type": kind}
                answer, kind = await self._post(address, between, Span(0, size), work_dir, headers)
            finally:
                await asyncio.to_thread(between.unlink, missing_ok=True)
        return answer

    async def _post(
        self, address: str, source: Path, body: Span, work_dir: Path, headers: Mapping[str, str]
    ) -> tuple[IO[bytes], str]:
        length = {} if self._is_chunked else {"Content-Length": str(body.size)}
        try:
            async with self._http.post(
                f"{address}/invocations",
                data=await self._body(source, body),
                headers={**headers, **length},
                timeout=self._timeout,
            ) as answer:
                if answer.status >= 400:
                    await self._raise(answer)
                kind = answer.headers.get("Content-Type", "application/octet-stream")
                return await _kept(answer, work_dir), kind
        except TimeoutError as error:
            raise ModelFailedError(f"no answer within {self._config.timeout_s} s") from error
        except (aiohttp.ClientError, ConnectionError) as error:
            raise ModelFailedError(f"the container closed the connection ({error})") from error

    async def _body(self, source: Path, body: Span) -> bytes | AsyncIterator[bytes]:
        if body.size <= _CHUNK and not self._is_chunked:
            return await asyncio.to_thread(_read, source, body.start, body.size)
        return _chunks(source, body)

    async def _raise(self, answer: aiohttp.ClientResponse) -> None:
        text = (await answer.content.read(_MESSAGE_BYTES)).decode("utf-8", "replace").strip()
        message = f"the container answered {answer.status}" + (f": {text}" if text else "")
        if answer.status >= 500:
            raise ModelFailedError(message)
        raise ModelRefusedError(message)


async def _chunks(source: Path, body: Span) -> AsyncIterator[bytes]:
    position = body.start
    while position < body.end:
        chunk = await asyncio.to_thread(_read, source, position, min(_CHUNK, body.end - position))
        if not chunk:
            return
        position += len(chunk)
        yield chunk


async def _kept(answer: aiohttp.ClientResponse, work_dir: Path) -> IO[bytes]:
    kept = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES, dir=str(work_dir))  # noqa: SIM115 - the caller closes it
    try:
        async for chunk in answer.content.iter_chunked(_CHUNK):
            await asyncio.to_thread(kept.write, chunk)
    except BaseException:
        kept.close()
        raise
    kept.seek(0)
    return kept


def _write(answer: IO[bytes], target: Path) -> int:
    with target.open("wb") as file:
        shutil.copyfileobj(answer, file)
        return file.tell()


def _read(source: Path, start: int, size: int) -> bytes:
    with source.open("rb") as file:
        file.seek(start)
        return file.read(size)
