"""The double answers as a real Baserow 1.35.3 did: the recorded exchanges are replayed, their answers the assertion."""

from collections.abc import Iterator

import pytest

from tests.crm.contract import Player, numbered, recorded
from tests.crm.contract_scenes import NOT_REPLAYED, replay, sequence
from tests.doubles.baserow import baserow

GROUPS = sorted({line["group"] for n, line in numbered().items() if n in set(sequence())})


@pytest.fixture(scope="module")
def differences() -> Iterator[dict[int, str]]:
    """Of every replayed line: what the double answered otherwise."""
    with baserow() as double:
        yield dict(replay(Player(double), numbered()))


@pytest.mark.parametrize("group", GROUPS)
def test_the_double_answers_as_recorded(group: str, differences: dict[int, str]) -> None:
    lines = numbered()
    wrong = {n: (lines[n]["case"], text) for n, text in differences.items() if text and lines[n]["group"] == group}
    assert not wrong


def test_every_recorded_line_is_replayed_once_or_left_out_for_a_reason() -> None:
    left_out = [n for numbers, _ in NOT_REPLAYED.values() for n in numbers]
    assert sorted([*sequence(), *left_out]) == sorted(numbered())
    assert len(recorded()) == 750
    assert len(sequence()) == 721
