"""Policies that could never pass are refused, and the stricter ones are stricter."""

import pytest
from pydantic import ValidationError

from tasks.judging.policy import Policy, critical, protected


@pytest.mark.parametrize("values", [{"buckets_needed": 25, "buckets": 24}, {"demands": (), "fields": ()}])
def test_a_policy_that_proves_nothing_or_never_passes_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Policy.model_validate(values)


def test_a_protected_role_takes_two_people_and_surer_proofs() -> None:
    policy = protected()
    assert (policy.approvers, policy.invariants) == (2, "zero")
    assert policy.alpha < Policy().alpha
    assert protected(approvers=3).approvers == 3


def test_a_critical_phase_is_surer_before_it_is_rolled_back() -> None:
    assert critical().harm_alpha < Policy().harm_alpha
    assert critical().alpha == Policy().alpha
