"""One request to a model server, kept within time, size and the host it was meant for."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy

import httpx

from blocks.body_limit import OWN_LIMIT, PLAIN, LargeBodyError, PackedBodyError, limited
from blocks.certificates import trusted
from blocks.echoes import without_key
from blocks.models import LanguageModel
from blocks.models.faults import fault
from blocks.models.wire import Endpoint, Question, Reply

LIST_BYTES = 10_000_000
"""The largest reply that is no answer: a host's list of its models."""
ENVELOPE_BYTES = 1_000_000
BYTES_PER_TOKEN = 64
KEPT_BYTES = 65_536
"""How much of a failed attempt's body is kept for the record."""


@dataclass
class Exchange:
    """What is known of one request, also when it failed."""

    status: int | None = None
    body: bytes = b""
    retry_after: float | None = None
    """Seconds the server asks to wait before the next try."""

    def kept(self) -> str:
        return self.body[:KEPT_BYTES].decode(errors="replace").replace("\x00", "")


async def send(
    client: httpx.AsyncClient, model: LanguageModel, endpoint: Endpoint, question: Question, exchange: Exchange
) -> Reply:
    """Sends the question once and reads the reply; `exchange` is filled as far as it goes.

    Raises CallError. No secret that was sent stays in what is kept of the reply. The time limit spans the whole reply, so
    a server that drips one byte a second does not outlast it.
    """
    request = model.request(question, endpoint)
    limit = model.time_limit(question.max_tokens)
    most = ENVELOPE_BYTES + BYTES_PER_TOKEN * question.max_tokens
    try:
        with _told_apart(request.url, limit):
            async with asyncio.timeout(limit):
                async with client.stream(
                    "POST",
                    request.url,
                    headers=dict(request.headers),
                    json=dict(request.body),
                    extensions={OWN_LIMIT: most},
                ) as response:
                    exchange.status = response.status_code
                    exchange.retry_after = _seconds(response.headers.get("Retry-After"))
                    await _read(response, exchange)
    finally:
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        exchange.body = without_key(exchange.body, key)
    if response.is_redirect:
        where = _host(response.headers["Location"]) or "another path"
        raise fault("redirected", f"{_host(request.url)} redirects to {where}.")
    return model.read(response.status_code, response.headers, exchange.body, question)


@contextlib.contextmanager
def _told_apart(url: str, limit: float) -> Iterator[None]:
    """Turns what goes wrong on the way into a CallError of its class."""
    try:
        yield
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        raise fault("bad_request", f"{url!r} is no URL.") from None
    except UnicodeEncodeError:
        raise fault("bad_request", "The prompt has characters that no UTF-8 text can hold.") from None
    except TimeoutError:
        raise fault("timeout", f"No whole answer from {_host(url)} within {limit:.0f} s.") from None
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise fault("connection", f"No connection to {_host(url)} ({type(error).__name__}).") from None
    except httpx.TimeoutException as error:
        raise fault("timeout", f"{_host(url)} did not answer in time ({type(error).__name__}).") from None
    except LargeBodyError as error:
        raise fault("too_large_reply", str(error)) from None
    except PackedBodyError as error:
        raise fault("invalid_envelope", str(error)) from None
    except (httpx.TransportError, httpx.DecodingError) as error:
        raise fault("interrupted", f"The answer of {_host(url)} broke off ({type(error).__name__}).") from None


async def _read(response: httpx.Response, exchange: Exchange) -> None:
    """Reads the body into `exchange`, also the part of one that breaks off."""
    parts = []
    try:
        async for part in response.aiter_raw():
            parts.append(part)
    finally:
        exchange.body = b"".join(parts)


def new_client(connections: int = 32) -> httpx.AsyncClient:
    """A client for model servers: no redirects, no cookies, replies plain and of a size, time limits set per call.

    A proxy of the environment is used, but never for this machine: it would see the embedded model's key and prompts.
    """
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=2)
    client = httpx.AsyncClient(
        timeout=httpx.Timeout(None, connect=10), limits=limits, follow_redirects=False, verify=trusted(),
        headers=PLAIN, event_hooks=limited(LIST_BYTES),
        mounts={"all://127.0.0.1": None, "all://localhost": None, "all://[::1]": None},
    )  # fmt: skip
    client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return client


def _seconds(header: str | None) -> float | None:
    if header is None:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _host(url: str) -> str:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return "?"
    return f"{parsed.host}:{parsed.port}" if parsed.port else parsed.host
