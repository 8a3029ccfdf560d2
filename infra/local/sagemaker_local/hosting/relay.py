"""Runs a server in a private network and joins its fixed port to a Unix socket.

Usage: ``python -I -S relay.py SOCKET PORT COMMAND [ARGUMENT...]``. The command is started as
it is; when it ends, the relay ends with its exit code. Standard library only: this runs
inside the container's own root, with whatever interpreter the image has.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

_CHUNK = 65536
_DIED_BY_SIGNAL = 128


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except (ConnectionError, OSError):
        writer.close()


async def _join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    try:
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:  # the server does not listen yet, or no more
        writer.close()
        return
    try:
        await asyncio.gather(_copy(reader, server_writer), _copy(server_reader, writer))
    finally:
        server_writer.close()
        writer.close()


async def _serve(socket: Path, port: int, command: list[str]) -> int:
    socket.unlink(missing_ok=True)
    server = await asyncio.start_unix_server(lambda r, w: _join(r, w, port), path=str(socket))
    process = await asyncio.create_subprocess_exec(*command)
    async with server:
        status = await process.wait()
    return status if status >= 0 else _DIED_BY_SIGNAL - status


def main() -> int:
    socket, port, *command = sys.argv[1:]
    # A stop is sent to every process of the container: the server ends, and the relay after it.
    signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        return asyncio.run(_serve(Path(socket), int(port), command))
    except FileNotFoundError as error:
        os.write(2, f"sagemaker-local: cannot run {command[0]}: {error}\n".encode())
        return 127


if __name__ == "__main__":
    sys.exit(main())
