"""The runtime API on connections that aiohttp reads."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from aiohttp import web

from sagemaker_local.hosting.calls import Call, CallHandler, Headers, Reply


class CallRoute:
    def __init__(self, handler: CallHandler, max_body_bytes: int) -> None:
        self._handler = handler
        self._max_body_bytes = max_body_bytes

    async def handle(self, request: web.Request) -> web.StreamResponse:
        headers = Headers()
        for name, value in request.headers.items():
            headers.add(name, value)
        try:
            body = await request.read()
            size_bytes = len(body)
        except web.HTTPRequestEntityTooLarge:
            body, size_bytes = b"", self._max_body_bytes + 1
        call = Call(
            request.match_info["name"],
            request.match_info["operation"],
            headers,
            [body],
            size_bytes,
            request.raw_path,
        )
        reply = await self._handler(call)
        if reply.stream is None:
            return web.Response(status=reply.status, headers=reply.headers, body=b"".join(reply.body))
        return await self._stream(request, reply, reply.stream)

    async def _stream(
        self, request: web.Request, reply: Reply, stream: AsyncGenerator[bytes, None]
    ) -> web.StreamResponse:
        response = web.StreamResponse(status=reply.status, headers=reply.headers)
        await response.prepare(request)
        async with aclosing(stream):
            async for part in stream:
                await response.write(part)
        await response.write_eof()
        return response
