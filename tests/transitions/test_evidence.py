"""The database's evidence is that of the judging core, whatever the calls, the dialect and their order."""

import random
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from flows.transitions.suite_transcripts import keep_checks
from tasks.judging.aggregate import aggregate
from tasks.judging.evidence import Evidence
from tasks.judging.observations import Call, Window
from tasks.judging.policy import Policy
from tasks.records.ledger_evidence import Slice, read_evidence
from tests.transitions.records import store_calls
from tests.transitions.scenes import START
from tests.transitions.story import Story

WINDOW = Window(start=START, length=timedelta(hours=24), buckets=24)
SLICE = Slice(
    "generator",
    ("preview", "production"),
    {"r1": "new"},
    START - timedelta(days=1),
    START + timedelta(days=2),
    "gate-1",
)


def some_calls(seed: int, count: int = 300) -> list[Call]:
    """Calls of every kind: failed, spoiled, unpriced, repeated, unpaired, routed, outside the window."""
    chance = random.Random(seed)
    return [_some_call(chance, number) for number in range(count)]


def _some_call(chance: random.Random, number: int) -> Call:
    failed = chance.random() < 0.1
    return Call(
        role=chance.choice(["r1", "r2"]),
        arm=chance.choice(["incumbent", "candidate"]),
        at=START + timedelta(minutes=chance.randrange(-300, 1700)),
        run_id=f"run-{number // 2}",
        input_id=f"input-{number // 2 % 15}",
        failed=failed,
        score=None if failed or chance.random() < 0.1 else chance.randrange(60, 101),
        seconds=None if failed else chance.randrange(1, 900) / 64,
        cost=chance.choice([None, 0.0, 0.25, 0.5]) if chance.random() < 0.3 else 0.125,
        placeholders=0 if failed else int(chance.random() < 0.05),
        echoes=0 if failed else int(chance.random() < 0.05),
        pair_id=chance.choice([None, f"pair-{number // 2 % 60}"]),
        cold=chance.random() < 0.1,
        fields={} if failed else {"deal_amount": chance.random() < 0.9},
    )


def close(value: Any) -> Any:
    """Numbers as near as a sum can be."""
    if isinstance(value, dict):
        return {key: close(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [close(inner) for inner in value]
    return pytest.approx(value, rel=1e-6, abs=1e-6) if isinstance(value, float) else value


def read(database: Engine, **other: Any) -> Evidence:
    return read_evidence(database, Slice(**{**vars(SLICE), **other}), Policy(), WINDOW)


@pytest.mark.parametrize("seed", [1, 2])
def test_counts_moments_and_pairs_are_those_of_the_judging_core(database: Engine, seed: int) -> None:
    made = some_calls(seed)
    store_calls(database, made)
    expected = aggregate(made, Policy(), WINDOW).model_dump(mode="json")
    assert read(database).model_dump(mode="json") == close(expected)


def test_the_order_of_calls_does_not_change_the_digest(database: Engine) -> None:
    made = some_calls(3)
    store_calls(database, reversed(made), environment="production")
    there = read(database, environments=("production",)).digest()
    store_calls(database, [call.model_copy(update={"run_id": f"again-{call.run_id}"}) for call in made], first=1000)
    assert read(database, environments=("preview",)).digest() == there


def test_routed_calls_are_counted_by_weight(database: Engine) -> None:
    made = [
        Call(role="r1", arm=arm, at=START, run_id=f"{arm}-{n}-{weight}", failed=n == 0, weight=weight)
        for weight in (0.1, 0.5)
        for arm, count in (("incumbent", 9), ("candidate", 2))
        for n in range(count)
    ]
    made += [call.model_copy(update={"at": START + timedelta(hours=1)}) for call in made]  # each run calls it twice
    store_calls(database, made)  # type: ignore[arg-type]
    assert read(database).role("r1").routed == aggregate(made, Policy(), WINDOW).role("r1").routed
    routed = read(database).role("r1").routed
    assert [(r.weight, r.incumbent, r.candidate, r.incumbent_spoiled, r.candidate_spoiled) for r in routed] == [
        (0.1, 9, 2, 1, 1), (0.5, 9, 2, 1, 1),
    ]  # fmt: skip


def test_an_answer_of_another_model_is_a_failure_of_the_candidate(database: Engine) -> None:
    good = Call(role="r1", arm="candidate", at=START, run_id="run", failed=False, score=99)
    store_calls(database, [good], model_block="old")
    assert read(database).role("r1").candidate.failures == 1


@pytest.mark.parametrize(
    "elsewhere", [{"environment": "other"}, {"purpose": "drill"}, {"purpose": "baseline"}, {"pipeline": "transcripts"}]
)
def test_calls_of_something_else_do_not_count(database: Engine, elsewhere: dict[str, str]) -> None:
    store_calls(database, some_calls(4, 20), **elsewhere)
    assert read(database) == Evidence(window=WINDOW)


def test_calls_outside_the_slice_do_not_count(database: Engine) -> None:
    store_calls(database, some_calls(5, 20))
    assert read(database, since=START + timedelta(days=9), until=START + timedelta(days=10)).roles == {}


def test_fields_of_a_record_are_stored_once_beside_the_last_extraction(database: Engine) -> None:
    made = [
        Call(role="extraction", arm="candidate", at=START + timedelta(minutes=n), run_id="run", failed=n == 2)
        for n in range(3)
    ]
    store_calls(database, made, pipeline="transcripts", model_block="new")
    for right in (False, True):
        keep_checks(database, "run", {"deal_amount": right, "client_name": True})
    fields = read(database, pipeline="transcripts").role("extraction").candidate.fields
    assert {name: (tally.checked, tally.wrong) for name, tally in fields.items()} == {
        "deal_amount": (1, 0),
        "client_name": (1, 0),
    }


def test_a_window_that_is_over_is_read_again_only_for_calls_made_since(database: Engine) -> None:
    story = Story(database).awaiting()
    read: list[str] = []
    event.listen(database, "before_cursor_execute", lambda *given: read.append(given[2]))

    def pairs_read() -> int:
        read.clear()
        story.waited(minutes=5).moved()
        return sum("pair_id IS NOT NULL" in statement for statement in read)

    quiet = pairs_read()
    story.called(1)
    assert (quiet, pairs_read()) == (1, 2)
