"""One object of a transform job: fetched, split, sent, assembled, and written when all of it succeeded."""

import asyncio
import gzip
import shutil
import zlib
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, TypeVar, cast

from sagemaker_local.storage.objects_s3 import ObjectStoreError, S3Objects, S3Uri, parse_s3_uri
from sagemaker_local.transform.batching import Batch, RecordTooLargeError, batches
from sagemaker_local.transform.container_calls import ContainerCalls, ModelFailedError, ModelRefusedError
from sagemaker_local.transform.data_processing import (
    JoinError,
    OutputProcessing,
    append_answer,
    filter_input,
)
from sagemaker_local.transform.jobs import Parameters, TransformJob
from sagemaker_local.transform.journal import InputObject
from sagemaker_local.transform.json_paths import JsonPath, parse_path
from sagemaker_local.transform.records import Format, RecordError, format_of, raw_records
from sagemaker_local.transform.splitting import SplitError, SplitType, spans

Result = TypeVar("Result")
#: Runs blocking work in a thread and waits out an S3 that cannot be reached.
Blocking = Callable[[Callable[[], Result]], Awaitable[Result]]

_MAX_WINDOW = 16


class ObjectFailedError(Exception):
    """This object has no result; the message is its reason."""


@dataclass(frozen=True)
class Steps:
    """What a job's objects go through, read once from its request."""

    split: SplitType
    is_gzip: bool
    by_line: bool
    input_filter: tuple[Format, JsonPath] | None
    output: OutputProcessing | None
    parameters: Parameters
    output_prefix: S3Uri

    @property
    def window(self) -> int:
        """Requests of one object that are under way or wait for an earlier one."""
        return min(2 * self.parameters.max_concurrent, _MAX_WINDOW)


def steps_of(job: TransformJob, parameters: Parameters) -> Steps:
    split = cast(SplitType, job.split_type)
    is_split = split == "Line"
    processing = job.processing
    content_type = job.input.get("ContentType")
    incoming = format_of(content_type, by_line=is_split)
    outgoing = format_of(job.output.get("Accept") or content_type, by_line=is_split)
    before, after = processing.get("InputFilter", "$"), processing.get("OutputFilter", "$")
    joins = processing.get("JoinSource", "None") == "Input"
    by_line = job.output.get("AssembleWith", "None") == "Line"
    output = None
    if outgoing is not None and (joins or after != "$"):
        path = None if after == "$" else parse_path(after)
        output = OutputProcessing(kind=outgoing, joins=joins, path=path, ends_with_newline=by_line)
    return Steps(
        split=split,
        is_gzip=job.input.get("CompressionType", "None") == "Gzip",
        by_line=by_line,
        input_filter=None if before == "$" or incoming is None else (incoming, parse_path(before)),
        output=output,
        parameters=parameters,
        output_prefix=parse_s3_uri(str(job.output["S3OutputPath"])),
    )


class ObjectRun:
    def __init__(
        self,
        one: InputObject,
        steps: Steps,
        calls: ContainerCalls,
        store: S3Objects,
        work_dir: Path,
        blocking: Blocking[None],
    ) -> None:
        self._one = one
        self._steps = steps
        self._calls = calls
        self._store = store
        self._dir = work_dir
        self._blocking = blocking

    async def run(self) -> None:
        """Raises ObjectFailedError when the object, not the job, is to blame."""
        original, source, output = (self._dir / name for name in ("original", "source", "output"))
        try:
            await self._blocking(lambda: self._fetch(original))
            sent = await asyncio.to_thread(self._filtered, original, source)
            await self._transform(sent, original, output)
            target = self._steps.output_prefix.below(f"{self._one.path}.out")
            await self._blocking(lambda: self._store.upload(output, target))
        except (ObjectStoreError, SplitError, RecordTooLargeError, RecordError, JoinError) as error:
            raise ObjectFailedError(f"ClientError: {self._one}: {error}") from error
        except ModelRefusedError as error:
            raise ObjectFailedError(f"ClientError: {self._one}: {error}") from error
        except ModelFailedError as error:
            raise ObjectFailedError(f"AlgorithmError: {self._one}: {error}") from error
        finally:
            await asyncio.to_thread(shutil.rmtree, self._dir, ignore_errors=True)

    def _fetch(self, target: Path) -> None:
        shutil.rmtree(self._dir, ignore_errors=True)
        self._dir.mkdir(parents=True)
        self._store.download(self._one.bucket, self._one.key, target)
        if self._steps.is_gzip:
            _decompress(target)

    def _filtered(self, original: Path, source: Path) -> Path:
        if self._steps.input_filter is None:
            return original
        kind, path = self._steps.input_filter
        filter_input(original, source, kind, path)
        return source

    async def _transform(self, source: Path, original: Path, output: Path) -> None:
        """Requests go out and are answered side by side; answers are written in order."""
        with ExitStack() as stack:
            file = stack.enter_context(source.open("rb"))
            target = stack.enter_context(output.open("wb"))
            inputs = raw_records(stack.enter_context(original.open("rb")), self._format)
            parameters = self._steps.parameters
            todo = batches(
                spans(file, self._steps.split),
                max_bytes=parameters.max_payload_bytes,
                one_each=parameters.strategy == "SingleRecord",
            )
            window: deque[tuple[Batch, asyncio.Task[IO[bytes]]]] = deque()
            try:
                while (batch := await asyncio.to_thread(next, todo, None)) is not None:
                    window.append((batch, asyncio.create_task(self._send(source, batch))))
                    if len(window) >= self._steps.window:
                        await self._take(*window.popleft(), inputs, target)
                while window:
                    await self._take(*window.popleft(), inputs, target)
            finally:
                await _drop([task for _, task in window])

    @property
    def _format(self) -> Format:
        return self._steps.output.kind if self._steps.output is not None else "json"

    async def _send(self, source: Path, batch: Batch) -> IO[bytes]:
        return await self._calls.send(source, batch.span, str(self._one), self._dir)

    async def _take(
        self, batch: Batch, task: "asyncio.Task[IO[bytes]]", inputs: Iterator[bytes], target: BinaryIO
    ) -> None:
        try:
            answer = await task
        except asyncio.CancelledError:
            await _drop([task])
            raise
        with answer:
            await asyncio.to_thread(self._write, batch, answer, inputs, target)

    def _write(self, batch: Batch, answer: IO[bytes], inputs: Iterator[bytes], target: BinaryIO) -> None:
        binary = cast(BinaryIO, answer)
        if self._steps.output is None:
            append_answer(binary, target, by_line=self._steps.by_line)
            return
        records = batch.records if self._steps.split == "Line" else None
        self._steps.output.write(binary, inputs, records, target)


async def _drop(tasks: list["asyncio.Task[IO[bytes]]"]) -> None:
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if not isinstance(result, BaseException):
            result.close()


def _decompress(path: Path) -> None:
    plain = path.with_name("plain")
    try:
        with gzip.open(path, "rb") as packed, plain.open("wb") as target:
            shutil.copyfileobj(packed, target, 1024 * 1024)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise RecordError("it is not gzip data") from error
    plain.replace(path)
