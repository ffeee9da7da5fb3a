"""Policies that could never pass are refused, and the stricter ones are stricter."""

import pytest
from pydantic import ValidationError

from tasks.judging.policy import LONGEST, MOST_BUCKETS, SHORTEST_WINDOW, Policy, critical, protected, unfollowable


@pytest.mark.parametrize("values", [{"buckets_needed": 25, "buckets": 24}, {"demands": (), "fields": ()}])
def test_a_policy_that_proves_nothing_or_never_passes_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Policy.model_validate(values)


@pytest.mark.parametrize(
    "values",
    [
        {"canary": ()},
        {"canary": ((0.0, 5),)},
        {"canary": ((0.004, 5),)},
        {"canary": ((1.0, 5),)},
        {"canary": ((1.5, 5),)},
        {"canary": ((0.5, 5), (0.1, 5))},
        {"canary": ((0.101, 5), (0.104, 5))},
        {"canary": ((0.1, 0),)},
        {"buckets": 3000, "buckets_needed": 2500},
        {"window": "PT0.5S"},
        {"window": "P9999999D"},
        {"approval_within": "-PT1H"},
        {"held_within": "PT0S"},
        {"watched": ()},
    ],
)
def test_a_policy_that_the_watch_could_not_follow_is_refused(values: dict[str, object]) -> None:
    stored = Policy.model_validate(values)  # a gate that began with it has to be read, or nobody could take it back
    assert [fault.split(":")[0] for fault in unfollowable(stored)] == [next(iter(values))]


@pytest.mark.parametrize(
    "values", [{"window": SHORTEST_WINDOW}, {"window": LONGEST}, {"held_within": LONGEST}, {"buckets": MOST_BUCKETS}]
)
def test_what_is_just_within_its_limits_can_be_followed(values: dict[str, object]) -> None:
    assert unfollowable(Policy.model_validate(values)) == ()


def test_every_whole_percent_is_a_share_of_a_canary() -> None:
    steps = tuple((percent / 100, 1) for percent in range(1, 100))
    assert unfollowable(Policy(canary=steps)) == ()


def test_a_protected_role_takes_two_people_and_surer_proofs() -> None:
    policy = protected()
    assert (policy.approvers, policy.invariants) == (2, "zero")
    assert policy.alpha < Policy().alpha
    assert protected(approvers=3).approvers == 3


def test_a_critical_phase_is_surer_before_it_is_rolled_back() -> None:
    assert critical().harm_alpha < Policy().harm_alpha
    assert critical().alpha == Policy().alpha
