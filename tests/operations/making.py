"""One check of the doctor, made."""

import asyncio
from collections.abc import Callable
from typing import Any

from tasks.operations.checks import Check, Finding, Probe, examine


def made(look: Callable[[], Any], seconds: float = 5) -> Check:
    async def asynchronous() -> Finding:
        found = look()
        return await found if asyncio.iscoroutine(found) else found

    [check] = asyncio.run(examine([Probe("check", asynchronous)], seconds))
    return check
