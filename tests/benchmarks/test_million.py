"""What `make load` measures of pages and commands, over a small store: each of them works, and none hides another."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.million import Took, measured, of_group, verdict
from tests.benchmarks.million_store import Size


@pytest.mark.proof
@pytest.mark.usefixtures("own_environment")
def test_every_page_and_command_works(home: Path) -> None:
    took = list(measured(Size(calls=1_000, trials=40, entries=4, gates=1)))
    assert [one.sentence for one in took if one.broken] == []
    assert len({one.name for one in took}) == len(took) > 40


def broken() -> None:
    raise ValueError("no such table")


def group(*, after: Exception | None = None) -> Iterator[tuple[str, Callable[[], Any]]]:
    yield "first", broken
    if after:
        raise after
    yield "second", lambda: None


def test_a_work_that_breaks_does_not_end_the_measurement() -> None:
    first, second = of_group("group", group())
    assert first.broken.startswith("ValueError: no such table (broken:")
    assert (second.name, second.broken) == ("second", "")


def test_what_cannot_be_prepared_is_named() -> None:
    *_, last = of_group("group", group(after=KeyError("gate")))
    assert (last.name, last.broken[:8]) == ("preparing group", "KeyError")


def test_all_that_are_slow_or_broken_are_named() -> None:
    told = verdict([Took("quick", 0.1, 0.1), Took("slow", 2.5, 1.0), Took("lost", 0.1, 0.1, "KeyError: 1")])
    assert told == "Slower than 2 s:\n  slow: 2.50 s\n  Broken:\n  lost: KeyError: 1"


def test_nothing_slow_or_broken_is_status_zero() -> None:
    assert verdict([Took("quick", 0.1, 0.1)]) == 0
