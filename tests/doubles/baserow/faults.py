"""What goes wrong on demand: each fault waits for a request it fits and then happens once, or as often as told."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.doubles.baserow import answers

Kind = Literal["before", "after", "lose answer", "cut answer", "changed answer", "slow", "meanwhile"]


@dataclass
class Fault:
    """`before`: refused, nothing stored. `after`: stored, then refused. `lose answer`: stored, then the connection is
    reset. `cut answer`: stored, then only half of the answer is sent. `changed answer`: stored, then answered with what `change` makes of
    the body. `slow`: the request waits for `seconds`. `meanwhile`: somebody else does something just before."""

    kind: Kind
    method: str = ""
    """Empty fits every method."""
    path: str = ""
    """Part of the path; empty fits every path."""
    answer: Callable[[], answers.RefusedError] = answers.deadlock
    seconds: float = 0.0
    times: int = 1
    skip: int = 0
    """So many fitting requests pass before it happens."""

    meanwhile: Callable[[], object] | None = None
    """What somebody else does just before this request."""

    change: Callable[[Any], Any] = lambda body: body
    body: Callable[[bytes], bool] = lambda body: True
    """Whether a request's body is one it happens to."""

    def fits(self, method: str, path: str, body: bytes) -> bool:
        return self.times > 0 and self.method in ("", method) and self.path in path and self.body(body)


def html_500() -> answers.RefusedError:
    return answers.RefusedError(500, answers.HTML_500)


def proxy(status: int) -> Callable[[], answers.RefusedError]:
    """An answer of a proxy in front: HTML of its own."""
    return lambda: answers.RefusedError(status, f"<html><body><h1>{status}</h1><hr>nginx</body></html>")


def answer(status: int, body: Any, **headers: str) -> Callable[[], answers.RefusedError]:
    return lambda: answers.RefusedError(status, body, **headers)


@dataclass
class Faults:
    planned: list[Fault] = field(default_factory=list)
    down: bool = False
    """The database is down: every request answers 500 with HTML, except health."""
    at_once: int | None = None
    """So many requests may be open at once; the rest are throttled."""
    open: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def plan(self, kind: Kind, **settings: Any) -> Fault:
        fault = Fault(kind, **settings)
        self.planned.append(fault)
        return fault

    def due(self, method: str, path: str, body: bytes) -> Fault | None:
        with self._lock:
            for fault in self.planned:
                if fault.fits(method, path, body):
                    if fault.skip:
                        fault.skip -= 1
                        continue
                    fault.times -= 1
                    return fault
        return None

    def enter(self) -> None:
        with self._lock:
            if self.at_once is not None and self.open >= self.at_once:
                raise answers.throttled()
            self.open += 1

    def leave(self) -> None:
        with self._lock:
            self.open -= 1


def wait(seconds: float) -> None:
    if seconds:
        time.sleep(seconds)
