"""A check of the doctor: what it found, how long it took, what to do. Each has an end, and none has a traceback."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from blocks.errors import PhasegateError

State = Literal["ok", "warning", "failed", "skipped"]
T = TypeVar("T")
HIDDEN = "[secret]"
SHORTEST_SECRET = 4
"""Characters; hiding a shorter one would hide words."""

PATIENCE = "wait a minute and look again: `phasegate serve` is still starting."


@dataclass(frozen=True)
class Finding:
    """What a check saw."""

    state: State
    found: str
    do: str = ""
    """The next command, field or place in the UI; empty where there is nothing to do."""


@dataclass(frozen=True)
class Check:
    """One line of the doctor's table."""

    name: str
    state: State
    seconds: float
    found: str
    do: str = ""


@dataclass(frozen=True)
class Probe:
    """A check that has not been made yet."""

    name: str
    look: Callable[[], Awaitable[Finding]]


def ok(found: str) -> Finding:
    return Finding("ok", found)


async def examine(probes: Iterable[Probe], seconds: float) -> list[Check]:
    """Makes all checks at the same time, each within `seconds`; in the order they were given."""
    return list(await asyncio.gather(*(_make(probe, seconds) for probe in probes)))


async def _make(probe: Probe, seconds: float) -> Check:
    started = time.perf_counter()
    found = await _found(probe, seconds)
    return Check(probe.name, found.state, time.perf_counter() - started, found.found, found.do)


async def _found(probe: Probe, seconds: float) -> Finding:
    try:
        async with asyncio.timeout(seconds):
            return await probe.look()
    except TimeoutError:
        late = f"No answer within {seconds:.0f} s."
        return Finding(
            "failed", late, "look why it is slow or hangs; a model that is still being loaded answers later."
        )
    except PhasegateError as error:
        means = f" It means: {error.means}" if error.means else ""
        return Finding("failed", error.happened + means, error.do)
    except Exception as error:  # whatever it is, the other checks are worth more than a traceback
        said = " ".join(str(error).split())[:300]
        return Finding("failed", f"{type(error).__name__}: {said}".rstrip(": "), "report this line as a defect.")


async def in_thread(work: Callable[[], T]) -> T:
    """What `work` returns, run in a thread that nobody waits for once the caller has given up."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except BaseException as caught:
            error = caught
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, name="doctor", daemon=True).start()
    return await done


def without(secrets: Iterable[str], checks: Sequence[Check]) -> list[Check]:
    """The checks with every secret in them replaced, whoever put it there."""
    hidden = sorted({secret for secret in secrets if len(secret) >= SHORTEST_SECRET}, key=len, reverse=True)

    def clean(text: str) -> str:
        for secret in hidden:
            text = text.replace(secret, HIDDEN)
        return text

    return [replace(check, found=clean(check.found), do=clean(check.do)) for check in checks]


def while_serve_begins(checks: Iterable[Check]) -> list[Check]:
    """The checks, with patience where `phasegate serve` is about to set up what they miss."""
    sets_up = ("phasegate bootstrap", "phasegate serve")
    return [replace(one, do=PATIENCE) if any(words in one.do for words in sets_up) else one for one in checks]


def healthy(checks: Iterable[Check]) -> bool:
    return not any(check.state == "failed" for check in checks)


def as_markdown(checks: Sequence[Check]) -> str:
    """A table for an artifact, verdict first."""
    failed, warned = (sum(check.state == state for check in checks) for state in ("failed", "warning"))
    verdict = f"**{failed} failed, {warned} with a warning, {len(checks)} checks.**"
    rows = [
        f"| {check.state} | {_cell(check.name)} | {check.seconds:.1f} | {_cell(check.found)} | {_cell(check.do)} |"
        for check in checks
    ]
    return "\n".join([verdict, "", "| state | check | seconds | found | do |", "|---|---|---|---|---|", *rows])


def _cell(text: str) -> str:
    """One line that is neither another cell nor markup, whatever a server said."""
    for sign in "\\`*_[]<>|":
        text = text.replace(sign, f"&#{ord(sign)};")
    return " ".join(text.split())
