"""A check of the doctor: what it found, how long it took, what to do. Each has an end, and none has a traceback."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from blocks.errors import PhasegateError
from tasks.reports.as_markdown import as_markdown as written
from tasks.reports.document import Blocks, Code, Items, Paragraph, Styled, Text, line

State = Literal["ok", "warning", "failed", "skipped"]
WORST_FIRST: tuple[State, ...] = ("failed", "warning", "ok", "skipped")
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
    short: str = ""
    """What was found in half a line, where that says it for somebody who need not act."""


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
    """The page of an artifact: the verdict, then every check with what to do, the worst first.

    A list and no table: the UI wraps a list and cuts a wide table off at its right edge, and what to do stood there.
    """
    failed, warned = (sum(check.state == state for check in checks) for state in ("failed", "warning"))
    verdict = line(f"{failed} failed, {warned} with a warning, {len(checks)} checks.")
    worst_first = sorted(checks, key=lambda check: WORST_FIRST.index(check.state))
    return written((Paragraph((Styled("strong", verdict),)), Items(tuple(map(_item, worst_first)))))


def _item(check: Check) -> Blocks:
    """`state: name`, what was found, and what to do with its commands as code."""
    said = (Styled("strong", line(f"{check.state}: {check.name}")), Text(f" ({check.seconds:.1f} s) {check.found}"))
    parts = [Code(part) if index % 2 else Text(part) for index, part in enumerate(check.do.split("`")) if part]
    return (Paragraph((*said, Text(" "), Styled("strong", line("Next:")), Text(" "), *parts) if parts else said),)
