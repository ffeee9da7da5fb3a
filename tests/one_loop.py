"""One event loop for everything a test session does with Prefect.

Prefect keeps connections open as long as the loop they were made in; a loop for each test would leave them unclosed.
"""

import asyncio
import contextlib
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

T = TypeVar("T")
_runners: list[asyncio.Runner] = []
"""The last one is used."""


def run(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`."""
    if not _runners:
        _runners.append(asyncio.Runner())
    return _runners[-1].run(work)


@contextlib.contextmanager
def another() -> Iterator[None]:
    """A loop of its own for what is done inside this: a loop stays with the Prefect settings it was first used under."""
    with asyncio.Runner() as runner:
        _runners.append(runner)
        try:
            yield
        finally:
            _runners.remove(runner)


def close() -> None:
    while _runners:
        _runners.pop().close()
