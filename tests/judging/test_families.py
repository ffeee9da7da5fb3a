"""Division of the error budget, coverage of the window, and numbers as people read them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.judging.coverage import Coverage, coverage, is_blind, silence
from tasks.judging.families import divide_alpha
from tasks.judging.wording import (
    amount,
    at_least,
    at_most,
    many,
    percent,
    percent_above,
    percent_below,
    signed,
    spoken_list,
    spoken_time,
)

START = datetime(2026, 11, 2, tzinfo=UTC)
END = START + timedelta(hours=24)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def test_thirteen_changed_stages_and_three_metrics_alarm_at_780() -> None:
    alphas = divide_alpha(0.05, [f"stage-{n}" for n in range(13)], [], tests=3)
    assert {round(1 / alpha) for alpha in alphas.values()} == {780}


def test_four_fifths_go_to_the_changed_stages() -> None:
    alphas = divide_alpha(0.05, ["a", "b"], ["c", "d", "e"], tests=3)
    assert 3 * (alphas["a"] + alphas["b"]) == pytest.approx(0.04)
    assert 3 * (alphas["c"] + alphas["d"] + alphas["e"]) == pytest.approx(0.01)


@given(changed=st.integers(0, 13), others=st.integers(0, 13), tests=st.integers(1, 5))
def test_the_whole_budget_is_divided_and_no_more(changed: int, others: int, tests: int) -> None:
    roles = [f"r{n}" for n in range(changed + others)]
    spent = tests * sum(divide_alpha(0.05, roles[:changed], roles[changed:], tests).values())
    assert spent == pytest.approx(0.05 if roles else 0)


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ([2] * 20 + [0] * 4, Coverage(20, 20, 24)),
        ([2] * 19 + [1] * 5, Coverage(19, 20, 24)),
        ([500] + [0] * 23, Coverage(1, 20, 24)),
        ([], Coverage(0, 20, 0)),
    ],
)
def test_twenty_of_twenty_four_hours_need_two_calls(calls: list[int], expected: Coverage) -> None:
    seen = coverage(calls, needed=20, least=2)
    assert (seen, seen.enough, seen.lacking) == (expected, expected.covered >= 20, 20 - expected.covered)


@pytest.mark.parametrize(
    ("last_seen", "now", "hours"),
    [(at(2), at(3.5), 1.5), (None, at(3), 3), (at(-5), at(1), 1), (at(23), at(40), 1), (at(3), at(2), 0)],
)
def test_silence_is_counted_inside_the_window(last_seen: datetime | None, now: datetime, hours: float) -> None:
    assert silence(last_seen, START, END, now) == timedelta(hours=hours)


def test_an_hour_of_silence_is_not_yet_too_long() -> None:
    assert not is_blind(timedelta(hours=1), timedelta(hours=1))
    assert is_blind(timedelta(hours=1, seconds=1), timedelta(hours=1))


@pytest.mark.parametrize(
    ("bound", "limit", "text"),
    [
        *[(0.0098321, 0.01, "0.99 %"), (0.00998701, 0.01, "0.999 %"), (0.0999999, 0.1, "9.99999 %")],
        *[(0.0451, 0.01, "4.6 %"), (0.003, 0.01, "0.3 %"), (1.0, 0.01, "100 %")],
        *[(0.0123456, 0.0123456, "1.3 %"), (0.01 - 1e-13, 0.01, "1 %"), (0.4512, 0.01, "46 %")],
    ],
)
def test_upper_bounds_are_rounded_up_and_stay_below_the_limit(bound: float, limit: float, text: str) -> None:
    assert percent_below(bound, limit) == text


@pytest.mark.parametrize(
    ("bound", "limit", "text"),
    [
        *[(0.0471, 0.01, "4.7 %"), (0.010003, 0.01, "1.0003 %"), (0.0, 0.01, "0 %"), (0.010056789, 0.01, "1.005 %")],
        *[(0.0123456, 0.0123456, "1.2 %"), (0.01 + 1e-13, 0.01, "1 %")],
    ],
)
def test_lower_bounds_are_rounded_down_and_stay_above_the_limit(bound: float, limit: float, text: str) -> None:
    assert percent_above(bound, limit) == text


@given(bound=st.floats(min_value=1e-6, max_value=0.99), limit=st.sampled_from([0.01, 0.05, 0.1]))
def test_a_rounded_bound_never_claims_more_than_the_bound(bound: float, limit: float) -> None:
    assert float(percent_below(bound, limit).removesuffix(" %")) >= 100 * bound * (1 - 1e-6)
    assert float(percent_above(bound, limit).removesuffix(" %")) <= 100 * bound * (1 + 1e-6)


def test_numbers_as_people_read_them() -> None:
    assert [many(1, "call"), many(1049, "call"), many(2, "entry", "entries")] == ["1 call", "1,049 calls", "2 entries"]
    assert [amount(68.4), percent(0.0125), spoken_list(["a"]), spoken_list(["a", "b", "c"])] == [
        "68.4",
        "1.25 %",
        "a",
        "a, b and c",
    ]
    assert [percent(0.012345), percent(0.5), signed(-2)] == ["1.23 %", "50 %", "-2.00"]


def test_a_time_is_said_in_the_largest_unit_of_which_there_are_two() -> None:
    said = {20: "20 seconds", 119: "119 seconds", 120: "2 minutes", 2700: "45 minutes", 7199: "120 minutes",
            7200: "2.0 hours", 11520: "3.2 hours", 3_600_000: "1000.0 hours"}  # fmt: skip
    assert {seconds: spoken_time(timedelta(seconds=seconds)) for seconds in said} == said


def test_bounds_of_means_are_rounded_away_from_what_they_prove() -> None:
    assert [at_most(0.8123, 1.1, 3), at_most(1.09987, 1.1, 3), at_most(1.2001, 1.1, 3)] == ["0.813", "1.0999", "1.201"]
    assert [at_least(1.3129, 1.1, 3), at_least(1.10012, 1.1, 3), at_least(0.9999, 1.1, 3)] == [
        "1.312",
        "1.1001",
        "0.999",
    ]
    assert [at_least(-1.999, -2, 2, "+"), at_least(0.318, -2, 2, "+")] == ["-1.999", "+0.31"]
    assert [at_most(1.0, 1.0, 3), at_least(1.0, 1.0, 3)] == ["1.000", "1.000"]
    assert [at_most(1.1 - 1e-12, 1.1, 3), at_least(1.1 + 1e-12, 1.1, 3)] == ["1.100000000"] * 2
