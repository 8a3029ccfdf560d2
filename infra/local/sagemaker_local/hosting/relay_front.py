"""The outer end of a relay: a loopback port that leads to a container's Unix socket."""

import asyncio
import contextlib
import os
from pathlib import Path

SOCKET = "port"
_CHUNK = 65536


class RelayFront:
    """Joins connections to ``127.0.0.1:port`` with the socket in a folder."""

    def __init__(self, server: asyncio.Server, folder: int, connections: set[asyncio.Task[None]]) -> None:
        self._server = server
        self._folder = folder
        self._connections = connections

    @classmethod
    async def open(cls, folder: Path, port: int) -> "RelayFront":
        # An address of a Unix socket has at most 107 bytes, so the folder is named by descriptor.
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        connections: set[asyncio.Task[None]] = set()

        async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            if task is not None:
                connections.add(task)
                task.add_done_callback(connections.discard)
            await _join(reader, writer, f"/proc/self/fd/{handle}/{SOCKET}")

        try:
            server = await asyncio.start_server(join, "127.0.0.1", port)
        except OSError:
            os.close(handle)
            raise
        return cls(server, handle, connections)

    async def close(self) -> None:
        self._server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        os.close(self._folder)


async def _join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> None:
    inner: asyncio.StreamWriter | None = None
    try:
        inner_reader, inner = await asyncio.open_unix_connection(path)
        await asyncio.gather(_copy(reader, inner), _copy(inner_reader, writer))
    except OSError:  # the container does not listen yet, or no more: the caller sees a closed connection
        return
    finally:
        for one in (inner, writer):
            if one is not None:
                one.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(_CHUNK):
        writer.write(chunk)
        await writer.drain()
    if writer.can_write_eof():
        with contextlib.suppress(OSError):  # the other side is gone already
            writer.write_eof()
