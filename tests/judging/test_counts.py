"""The proofs of what is counted: what each demand counts as bad, numbers, sentence, and what to do next."""

from typing import Any

import pytest

from tasks.judging.rates import lower_bound, upper_bound
from tests.judging.given import ONLY_FAILURES, broken, failing, gate, pairs, proof, verdict


@pytest.mark.parametrize(
    ("demand", "seen", "what"),
    [
        ("failures", {"failed": True, "score": None}, "2 failures"),
        ("placeholders", {"placeholders": 3}, "2 calls that failed or left placeholders"),
        ("echoes", {"echoes": 1}, "2 calls that failed or repeated the prompt"),
        ("good_share", {"score": 10.0}, "2 calls that failed or scored too low"),
    ],
)
def test_each_demand_counts_its_own_calls(demand: str, seen: dict[str, Any], what: str) -> None:
    found = verdict(broken(pairs(), 2, **seen))
    assert proof(found, demand).sentence.startswith(f"Stage 2: {what} in 480 calls; ")
    counted = {"failures", "placeholders", "echoes", "good_share"}
    others = counted - {demand} if demand != "failures" else set()  # a failure is bad whatever is asked
    assert all(proof(found, other).sentence.startswith("Stage 2: 0 ") for other in others)


def test_a_proof_holds_what_its_sentence_says() -> None:
    found = proof(verdict(failing(2), gate(ONLY_FAILURES)), "failures")
    low, high = lower_bound(2, 480, 0.05), upper_bound(2, 480, 0.05)
    assert (found.n, found.estimate, found.lower, found.upper) == (480, 2 / 480, low, high)


def test_a_refuted_rate_is_shown_with_its_lower_bound() -> None:
    found = proof(verdict(failing(20), gate(ONLY_FAILURES)), "failures")
    assert found.finding == "refuted"
    assert found.sentence == (
        "Stage 2: 20 failures in 480 calls; the failure rate is above 2.7 % with 95 % confidence, the limit is 1 %."
    )


def test_failures_exactly_at_the_limit_are_not_to_be_proven_by_more_calls() -> None:
    assert proof(verdict(failing(5, of=500), gate(ONLY_FAILURES)), "failures").more is None
