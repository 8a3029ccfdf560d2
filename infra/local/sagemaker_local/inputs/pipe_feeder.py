"""Streams a channel into its pipes, epoch after epoch, until the job's folder is gone.

Usage: ``python -m sagemaker_local.inputs.pipe_feeder PLAN``. It is a process of its own under a
shim, so it lives on with the job when the engine is killed. What goes wrong for good is written
to ``PLAN.error`` and ends it; an S3 that cannot be reached is waited for.
"""

import json
import logging
import os
import shutil
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from sagemaker_local.inputs import recordio
from sagemaker_local.inputs.channel_objects import ChannelError
from sagemaker_local.inputs.fifos import FifoFolder, PipeReplacedError, TreeGoneError
from sagemaker_local.inputs.pipe_plans import PipePart, PipePlan, error_file, parts, read_items, read_plan
from sagemaker_local.protocol.arns import Scope
from sagemaker_local.storage.aws_clients import AwsClients, Credentials
from sagemaker_local.storage.objects_s3 import ObjectStoreError, ObjectStoreUnavailable, S3Objects
from sagemaker_local.storage.roles import RoleError, RolesUnavailable

Result = TypeVar("Result")
#: Takes some of the bytes and tells how many.
Write = Callable[[memoryview], int | None]

_MAX_BACKOFF_S = 5.0
_CHUNK = 1024 * 1024
_CREDENTIALS_TIMEOUT_S = 10.0
_GZIP_WINDOW = 31  # zlib's number for a gzip header

logger = logging.getLogger(__name__)


class EngineCredentials:
    """The role's credentials from the engine, which may be down for a while."""

    def __init__(self, url: str, token: str) -> None:
        self._request = urllib.request.Request(url, headers={"Authorization": token})  # noqa: S310 - of the engine

    def get(self, role_arn: str) -> Credentials:
        try:
            with urllib.request.urlopen(self._request, timeout=_CREDENTIALS_TIMEOUT_S) as reply:  # noqa: S310
                found = json.load(reply)
        except (OSError, ValueError) as error:
            raise RolesUnavailable(f"the engine gives no credentials of {role_arn} now: {error}") from error
        return Credentials(
            access_key_id=found["AccessKeyId"],
            secret_access_key=found["SecretAccessKey"],
            session_token=found["Token"],
            expires_at=datetime.fromisoformat(found["Expiration"]).timestamp(),
        )

    def forget(self, _: str) -> None:
        """The engine gives fresh ones each time."""


class Feeder:
    def __init__(self, plan: PipePlan, items: list[str], store: S3Objects) -> None:
        self._plan = plan
        self._items = items
        self._store = store
        self._folder = FifoFolder(Path(plan.root))

    def run(self) -> None:
        """Until TreeGoneError, or an error that no waiting heals."""
        epoch = 0
        while True:
            self._folder.make(self._plan.channel, epoch)
            descriptor = self._folder.open_for_writing(self._plan.channel, epoch)
            pipe = os.fdopen(descriptor, "wb", buffering=0)
            try:
                for line in self._plan.epoch(self._items, epoch):
                    for part in parts(line):
                        self._send(part, pipe.write)
            except BrokenPipeError:
                logger.info("the reader closed epoch %d early", epoch)
            # The next pipe is there before the reader can know that this one ended.
            self._folder.make(self._plan.channel, epoch + 1)
            pipe.close()
            epoch += 1

    def _send(self, part: PipePart, write: Write) -> None:
        if part.text is not None:
            content = part.text.encode()
            _write_all(write, recordio.frame(content) if self._plan.wraps_records else content)
        elif not self._plan.wraps_records:
            for chunk in self._content(part):
                _write_all(write, chunk)
        elif self._plan.unzips:
            self._send_unpacked_record(part, write)
        else:
            known = self._known(part)
            _write_all(write, recordio.header(known.size_bytes))
            for chunk in self._content(known):
                _write_all(write, chunk)
            _write_all(write, bytes(recordio.padding(known.size_bytes)))

    def _send_unpacked_record(self, part: PipePart, write: Write) -> None:
        """A record's length comes before it, so the object is unpacked to a file first."""
        with tempfile.TemporaryFile() as file:
            for chunk in self._content(part):
                file.write(chunk)
            size = file.tell()
            file.seek(0)
            _write_all(write, recordio.header(size))
            while chunk := file.read(_CHUNK):
                _write_all(write, chunk)
            _write_all(write, bytes(recordio.padding(size)))

    def _content(self, part: PipePart) -> Iterator[bytes]:
        stream = self._stream(self._known(part))
        return _unzipped(part, stream) if self._plan.unzips else stream

    def _known(self, part: PipePart) -> PipePart:
        if part.etag:
            return part
        info = self._patiently(lambda: self._store.head(part.uri))
        return part.model_copy(update={"etag": info.etag, "size_bytes": info.size_bytes})

    def _stream(self, part: PipePart) -> Iterator[bytes]:
        """Yield the object's bytes; after an outage the transfer goes on where it broke off."""
        position, backoff_s = 0, 0.2
        while position < part.size_bytes:
            try:
                for chunk in self._store.stream(part.uri, etag=part.etag, offset=position):
                    yield chunk
                    position += len(chunk)
                    backoff_s = 0.2
            except ObjectStoreUnavailable as error:
                backoff_s = self._wait(backoff_s, error)

    def _patiently(self, work: Callable[[], Result]) -> Result:
        backoff_s = 0.2
        while True:
            try:
                return work()
            except ObjectStoreUnavailable as error:
                backoff_s = self._wait(backoff_s, error)

    def _wait(self, backoff_s: float, error: Exception) -> float:
        logger.warning("waiting %.1f s for S3: %s", backoff_s, error)
        self._folder.check()
        time.sleep(backoff_s)
        return min(backoff_s * 2, _MAX_BACKOFF_S)


def _write_all(write: Write, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[write(view) or 0 :]


def _unzipped(part: PipePart, stream: Iterator[bytes]) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(wbits=_GZIP_WINDOW)
    try:
        for chunk in stream:
            while chunk:
                if unpacker.eof:  # a gzip file may have several members
                    unpacker = zlib.decompressobj(wbits=_GZIP_WINDOW)
                yield unpacker.decompress(chunk, _CHUNK)
                chunk = unpacker.unconsumed_tail or unpacker.unused_data
    except zlib.error as error:
        raise ChannelError(f"{part.uri} is not gzip data") from error
    if not unpacker.eof:
        raise ChannelError(f"{part.uri} is not whole gzip data")


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    plan_file = Path(sys.argv[1])
    plan = read_plan(plan_file)
    env = os.environ
    clients = AwsClients(
        endpoint_url=env["AWS_ENDPOINT_URL"],
        home=Scope(plan.region, plan.role_arn.split(":")[4]),
        credentials=Credentials("none", "none"),
    )
    credentials = EngineCredentials(
        env["AWS_CONTAINER_CREDENTIALS_FULL_URI"], env["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
    )
    store = S3Objects(clients, credentials, role_arn=plan.role_arn, region=plan.region)
    try:
        Feeder(plan, read_items(plan_file), store).run()
    except TreeGoneError:
        return 0
    except (ObjectStoreError, RoleError, ChannelError, PipeReplacedError, recordio.RecordIOError) as error:
        logger.error("channel %s: %s", plan.channel, error)  # noqa: TRY400 - the reason is enough
        temporary = error_file(plan_file).with_suffix(".error-tmp")
        temporary.write_text(str(error))
        shutil.move(temporary, error_file(plan_file))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
