"""What the double has seen, for the test that looks on from another thread."""

import threading
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from tests.doubles.model_server.asked import AskedRequest
from tests.doubles.model_server.wire import HttpRequest


@dataclass(frozen=True)
class Exchange:
    """Any HTTP request the server saw, with the status it was answered."""

    http: HttpRequest
    status: int


class Journal:
    """Questions, exchanges, and how many questions were under way at one time."""

    def __init__(self, limit: int | None) -> None:
        self._asked: deque[AskedRequest] = deque(maxlen=limit)
        self._exchanges: deque[Exchange] = deque(maxlen=limit)
        self._texts: deque[tuple[str, str]] = deque(maxlen=20)
        self._count = 0
        self._changed = threading.Condition()
        self._in_flight: Counter[str] = Counter()
        self.max_in_flight: Counter[str] = Counter()

    @property
    def asked(self) -> tuple[AskedRequest, ...]:
        with self._changed:
            return tuple(self._asked)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        with self._changed:
            return tuple(self._exchanges)

    def ask(self, asked: AskedRequest, at: float) -> AskedRequest:
        """Log the question; returned with its number and time."""
        with self._changed:
            self._count += 1
            asked = replace(asked, number=self._count, at=at)
            self._asked.append(asked)
            self._changed.notify_all()
        return asked

    def answered(self, http: HttpRequest, status: int) -> None:
        with self._changed:
            self._exchanges.append(Exchange(http, status))

    def said(self, prompt: str, text: str) -> None:
        self._texts.append((prompt, text))

    def said_to_others(self, prompt: str) -> str:
        """The newest answer to another prompt, or nothing."""
        return next((text for other, text in reversed(self._texts) if other != prompt), "")

    @contextmanager
    def flight(self, model: str) -> Iterator[None]:
        """A question to the model is under way."""
        under_way = self._in_flight
        under_way[model] += 1
        self.max_in_flight[model] = max(self.max_in_flight[model], under_way[model])
        try:
            yield
        finally:
            under_way[model] -= 1

    def wait_for(self, count: int, timeout: float) -> None:
        with self._changed:
            arrived = self._changed.wait_for(lambda: self._count >= count, timeout)
            assert arrived, f"{self._count} of {count} requests arrived within {timeout} s"

    def clear(self) -> None:
        with self._changed:
            self._asked.clear()
            self._exchanges.clear()
            self._texts.clear()
            self._count = 0
        self._in_flight = Counter()  # what a test left under way, its asker gone, does not count for the next one
        self.max_in_flight.clear()
