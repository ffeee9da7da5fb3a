"""What a host may send back: plain bytes, to a limit. Given to every client that asks a configured host.

A compressed reply is refused: a few hundred bytes of one unpack to more than a machine has, before anybody can count.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import httpx

PLAIN = {"Accept-Encoding": "identity"}
"""Headers of every request: asks for replies that are not compressed."""
OWN_LIMIT = "body_limit"
"""Key in a request's `extensions`: the limit of the reply to this one, in bytes."""


class PackedBodyError(httpx.DecodingError):
    """The reply is compressed, though it was asked for plain."""


class LargeBodyError(httpx.DecodingError):
    """The reply is over its limit; it was not read on."""


class _LimitedStream(httpx.AsyncByteStream):
    def __init__(self, stream: Any, most: int) -> None:
        self._stream, self._most = stream, most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for part in self._stream:
            size += len(part)
            yield part
            if size > self._most:
                raise LargeBodyError(f"The reply is over {self._most:,} bytes.")

    async def aclose(self) -> None:
        await self._stream.aclose()


def limited(most: int) -> Mapping[str, list[Callable[..., Awaitable[None]]]]:
    """Event hooks of an `AsyncClient`: each reply is read to `most` bytes, or to its request's own limit.

    They come before httpx reads anything, also for the requests an `httpx.Auth` makes. Reading raises PackedBodyError
    or LargeBodyError; what came before the limit was passed is given out first.
    """

    async def hook(response: httpx.Response) -> None:
        packed = response.headers.get("Content-Encoding", "identity").strip().lower()
        if packed not in ("", "identity"):
            raise PackedBodyError(f"The reply is compressed ({packed[:40]!r}), though it was asked for plain.")
        response.stream = _LimitedStream(response.stream, response.request.extensions.get(OWN_LIMIT, most))

    return {"response": [hook]}
