"""What an inconclusive gate lacks, per role and as one sentence."""

from datetime import timedelta
from typing import Any

import pytest

from tasks.judging.planning import GatePlan
from tasks.judging.remedies import cheapest, remedies
from tasks.judging.requirements import Proof
from tests.judging.given import ONLY_FAILURES, gate, pairs, verdict

BOTH = ("stage-2", "stage-3")
DAY = timedelta(hours=24)


def lacking(plan: GatePlan, **more: int) -> list[Proof]:
    """Open proofs of the plan's requirements; `stage_2=73`: so many more of each that stage 2 demands."""
    return [
        Proof.model_construct(requirement=requirement, finding="open", more=more[requirement.role.replace("-", "_")])
        for requirement in plan.requirements
        if requirement.required
    ]


def test_what_is_lacking_is_counted_for_each_role() -> None:
    plan = gate(ONLY_FAILURES, BOTH, live_calls_per_hour=10)
    found = remedies(plan, lacking(plan, stage_2=73, stage_3=173))
    assert [(one.role, one.replays, one.new_inputs) for one in found] == [("stage-2", 73, 0), ("stage-3", 173, 0)]
    assert [one.replay_hours for one in found] == [73 / 60, 173 / 60]
    assert [one.money for one in found] == [73 * 0.25, 173 * 0.25]
    assert [one.wait_hours for one in found] == [7.3, 17.3]


def test_the_role_that_needs_most_decides_how_long_a_replay_takes_and_costs() -> None:
    plan = gate(ONLY_FAILURES, BOTH)
    proofs = lacking(plan, stage_2=73, stage_3=173)
    assert cheapest(plan, remedies(plan, proofs), proofs, timedelta(0)) == (
        "Replay 173 inputs through both lineups (Stage 2 and Stage 3) (about 2.9 hours one after the other, cost 43.25), "
        "or stop."
    )


def test_inputs_that_have_to_be_new_are_named() -> None:
    plan = gate()
    found = remedies(plan, lacking(plan, stage_2=1))
    assert (found[0].replays, found[0].new_inputs, found[0].wait_hours) == (1, 1, None)
    assert cheapest(plan, found, [], timedelta(0)).startswith(
        "Replay 1 input through both lineups, 1 of them not asked"
    )


@pytest.mark.parametrize(
    ("live", "extend"),
    [
        ({"live_calls_per_hour": 100, "live_pairs_per_hour": 0}, ""),
        ({"live_calls_per_hour": 100, "live_pairs_per_hour": 20}, ", extend the window by 4 hours"),
    ],
)
def test_waiting_is_a_way_only_if_live_traffic_brings_all_of_it(live: dict[str, Any], extend: str) -> None:
    plan = gate(**live)
    found = remedies(plan, lacking(plan, stage_2=73))
    assert cheapest(plan, found, [], timedelta(0)).endswith(f"cost 18.25){extend}, or stop.")


def test_hours_that_were_not_covered_are_made_up_for() -> None:
    plan = gate(ONLY_FAILURES)
    wanted = remedies(plan, lacking(plan, stage_2=60))
    assert cheapest(plan, wanted, [], DAY) == (
        "Replay 60 inputs through both lineups (Stage 2) (about 1.0 hours one after the other, cost 15.00) while the window "
        "is extended by 24.0 hours, or stop."
    )
    assert cheapest(plan, (), [], DAY) == "Extend the window by 24.0 hours, or stop."


def test_where_nothing_is_lacking_nothing_is_said() -> None:
    assert cheapest(gate(), (), [], timedelta(0)) == ""


def test_only_an_open_demand_that_is_required_makes_more_data_useless() -> None:
    plan = gate(ONLY_FAILURES)
    wanted = plan.requirements[0]
    hopeless = Proof.model_construct(requirement=wanted, finding="open", more=None)
    proven = Proof.model_construct(requirement=wanted, finding="proven", more=None)
    optional = Proof.model_construct(
        requirement=wanted.model_copy(update={"required": False}), finding="open", more=None
    )
    assert cheapest(plan, (), [hopeless], DAY) == "Stop: more data would not settle all of it."
    assert cheapest(plan, (), [proven, optional], DAY) == "Extend the window by 24.0 hours, or stop."


def test_a_verdict_says_what_its_gate_lacks() -> None:
    found = verdict(pairs(400), gate(ONLY_FAILURES))
    assert [(one.role, one.replays) for one in found.remedies] == [("stage-2", 73)]
