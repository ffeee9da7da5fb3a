"""One event loop for everything a test session does with Prefect.

Prefect keeps connections open as long as the loop they were made in; a loop for each test would leave them unclosed.
"""

import asyncio
from collections.abc import Coroutine
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


@cache
def _runner() -> asyncio.Runner:
    return asyncio.Runner()


def run(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`."""
    return _runner().run(work)


def close() -> None:
    if _runner.cache_info().currsize:
        _runner().close()
        _runner.cache_clear()
