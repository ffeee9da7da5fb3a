"""HTTP to a Baserow server: what to send again, what never to send twice, and what an answer means.

Measured on Baserow 1.35.3: a 409 and a 429 mean nothing was stored; a 5xx and a lost answer leave that open; every
500 is an HTML page; a connection idle for two seconds is closed without a word.
"""

import asyncio
import contextlib
import json
import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self

import httpx

from blocks.body_limit import PLAIN, LargeBodyError, PackedBodyError, limited
from blocks.certificates import trusted
from blocks.echoes import without_key
from blocks.errors import BaserowError

IDLE_SECONDS = 1.0
"""Idle connections are not used again after this; the server closes them after 2 s (gunicorn's default)."""
TIMEOUT = httpx.Timeout(90.0, connect=10.0, pool=None)
DETAIL_LIMIT = 400
ANSWER_BYTES = 50_000_000
"""A page of 200 rows with texts of the greatest length is far below this."""


class LostAnswerError(BaserowError):
    """No usable answer came to a request that must not be repeated blindly: look up before the second try."""


@dataclass(frozen=True)
class Patience:
    """How often and how slowly a request is tried again. `sleep` and `chance` (0 to 1) are passed in by tests."""

    attempts: int = 6
    first_seconds: float = 0.5
    longest_seconds: float = 60.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = random.random

    def seconds(self, failures: int, retry_after: float | None = None) -> float:
        """The wait after so many failures: doubled each time with up to half of it at random, or what was asked for."""
        wait = self.first_seconds * float(2 ** (failures - 1)) * (1 + self.chance() / 2)
        return min(max(wait, retry_after or 0.0), self.longest_seconds)


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    """Parsed JSON, or None when it was none."""
    retry_after: float | None = None

    @property
    def fine(self) -> bool:
        return 200 <= self.status < 300

    @property
    def code(self) -> str:
        """`ERROR_…`, or an empty text: credentials, parse errors, 405, 429 and all HTML come without one."""
        return str(self.body.get("error", "")) if isinstance(self.body, dict) else ""

    @property
    def detail(self) -> Any:
        return self.body.get("detail") if isinstance(self.body, dict) else None

    def __str__(self) -> str:
        said = json.dumps(self.detail, ensure_ascii=False) if self.detail is not None else "no JSON"
        return f"{self.status} {self.code}".rstrip() + f" ({said[:DETAIL_LIMIT]})"


def checked_address(url: str) -> str:
    """The address without a slash at its end. Raises BaserowError for what no server can be asked at."""
    try:
        parts = httpx.URL(url.strip())
        only_server = parts.raw_path == b"/" and not parts.fragment
        wrong = parts.scheme not in ("http", "https") or not parts.host or not only_server or (parts.port or 0) > 65_535
    except httpx.InvalidURL:
        wrong = True
    if wrong:
        raise BaserowError(
            f"{url!r} is no address of a Baserow server.",
            means="nobody was asked and nothing was changed.",
            do="give scheme, host and port as in the browser, nothing after them, such as https://baserow.example.com.",
        )
    return url.strip().rstrip("/")


class Connection:
    """An async context around one HTTP client with few connections. `auth` sets the Authorization header.

    Raises BaserowError for an address that is none.
    """

    def __init__(
        self,
        url: str,
        auth: httpx.Auth,
        *,
        patience: Patience | None = None,
        connections: int = 2,
        timeout: Any = TIMEOUT,
    ) -> None:
        self.patience = patience or Patience()
        limits = httpx.Limits(max_connections=connections, keepalive_expiry=IDLE_SECONDS)
        self._client = httpx.AsyncClient(
            base_url=f"{checked_address(url)}/api/",
            auth=auth,
            verify=trusted(),
            limits=limits,
            timeout=timeout,
            follow_redirects=False,
            headers=PLAIN,
            event_hooks=limited(ANSWER_BYTES),
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, e: BaseException | None, t: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, e, t)

    async def get(self, path: str, **params: str) -> Answer:
        return await self.call("GET", path, params=params)

    async def call(
        self, method: str, path: str, *, params: dict[str, str] | None = None, body: Any = None, repeatable: bool = True
    ) -> Answer:
        """The server's answer, fine or refused.

        Tries again after 409 and 429, and after 5xx or a broken connection if `repeatable`; otherwise raises
        LostAnswerError for those two. Raises BaserowError when patience ends, and for a redirect.
        """
        for failures in range(1, self.patience.attempts + 1):
            problem, answer = await self._once(method, path, params, body)
            if answer is not None and not self._try_again(answer):
                return self._final(answer, method, path)
            stored_nothing = answer.status in (409, 429) if answer else problem.startswith("not reached")
            if not (repeatable or stored_nothing):
                raise _lost(method, path, problem)
            if failures < self.patience.attempts:
                await self.pause(failures, answer.retry_after if answer else None)
        raise _given_up(method, path, problem, self.patience.attempts)

    async def pause(self, failures: int, retry_after: float | None = None) -> None:
        await self.patience.sleep(self.patience.seconds(failures, retry_after))

    async def _once(
        self, method: str, path: str, params: dict[str, str] | None, body: Any
    ) -> tuple[str, Answer | None]:
        """What went wrong, in words, and the answer if a whole one came."""
        try:
            response, whole = await self._fetched(method, path, params, body)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            return f"not reached: {error}", None
        except (LargeBodyError, PackedBodyError) as error:
            return f"no answer of Baserow's: {error}", None
        except (httpx.TransportError, httpx.DecodingError) as error:
            return f"answer lost: {type(error).__name__}", None
        answer = _read(response, whole)
        if answer.fine and answer.status != 204 and answer.body is None:
            return f"answer {answer.status} without JSON", None
        return str(answer), answer

    async def _fetched(
        self, method: str, path: str, params: dict[str, str] | None, body: Any
    ) -> tuple[httpx.Response, bytes]:
        """The answer and its body."""
        async with self._client.stream(method, path, params=params, json=body) as response:
            whole = await response.aread()
            token = response.request.headers.get("Authorization", "").rpartition(" ")[2]
            return response, without_key(whole, token, b"[token]")

    def _try_again(self, answer: Answer) -> bool:
        return answer.status in (408, 409, 429) or answer.status >= 500

    def _final(self, answer: Answer, method: str, path: str) -> Answer:
        if 300 <= answer.status < 400:
            raise BaserowError(
                f"Baserow answered {method} {path} with a redirect ({answer.status}).",
                means="redirects are not followed, a write could be lost on the way; nothing was stored.",
                do="put the address it redirects to (mind http or https) into the Baserow block.",
            )
        return answer


@contextlib.contextmanager
def as_expected(what: str) -> Iterator[None]:
    """Turns what comes of an answer with other things in it than Baserow's into a BaserowError; `what` was answered."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise BaserowError(
            f"The answer to {what} is not one of Baserow's ({type(error).__name__}).",
            means="nothing more is written; no row is lost, the rest waits in the database.",
            do="check that the address in the Baserow block is that of Baserow 1.33.3 or newer, then run the sync flow.",
        ) from error


def _read(response: httpx.Response, whole: bytes) -> Answer:
    try:
        body = json.loads(whole) if whole else None
    except (ValueError, RecursionError):
        body = None
    return Answer(response.status_code, body, _retry_after(response))


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds of a Retry-After header, which may also name a moment."""
    value = response.headers.get("Retry-After", "")
    if value.isdecimal():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
        return max(0.0, (until - parsedate_to_datetime(response.headers["Date"])).total_seconds())
    except (KeyError, TypeError, ValueError):
        return None


def _lost(method: str, path: str, problem: str) -> LostAnswerError:
    return LostAnswerError(
        f"Baserow gave no usable answer to {method} {path}: {problem}.",
        means="it may or may not have stored what was sent.",
        do="look the rows up before sending them again.",
    )


def _given_up(method: str, path: str, problem: str, attempts: int) -> BaserowError:
    return BaserowError(
        f"Baserow did not do {method} {path} in {attempts} tries; the last one: {problem}.",
        means="the server is down, overloaded or locked; nothing is lost, the rows wait in the database.",
        do="when Baserow answers again, run the sync flow.",
    )
