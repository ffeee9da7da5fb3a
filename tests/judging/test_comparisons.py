"""The proofs of what is compared on the same inputs, in full: numbers, sentence, and what to do next."""

import pytest

from tasks.judging.policy import Policy
from tasks.judging.requirements import Proof
from tests.judging.given import gate, pairs, proof, verdict, with_ratio

QUALITY = Policy(demands=("quality",), watched=("failures",))


def quality(*differences: float, count: int = 72) -> Proof:
    """The proof of quality where the candidate differs by these points in turn."""
    scored = [
        made.model_copy(update={"score": 90.0 + (differences[n // 2 % len(differences)] if n % 2 else 0.0)})
        for n, made in enumerate(pairs(count))
    ]
    return proof(verdict(scored, gate(QUALITY)), "quality")


def test_a_proof_holds_what_its_sentence_says() -> None:
    found = quality(1.0, 2.0)
    assert found.sentence == (
        "Stage 2: on 72 inputs the candidate scores +1.50 points against the incumbent; with 95 % confidence it is "
        "at least +1.40 (t and ABC), the margin is -2.00."
    )
    assert (found.finding, found.n, found.more, found.advice) == ("proven", 72, None, "")
    assert (found.estimate, found.lower, found.upper) == pytest.approx((1.5, 1.4011, 1.5989), abs=1e-3)


def test_a_worse_score_is_said_with_its_sign() -> None:
    found = quality(-4.0, -6.0)
    assert (
        "scores -5.00 points against the incumbent; with 95 % confidence it is at most -4.80 (t and ABC),"
        in found.sentence
    )
    assert (found.finding, found.advice) == ("refuted", "")


@pytest.mark.parametrize(("mean", "bound"), [(-1.8, "at least -1.998"), (-2.2, "at most -2.002")])
def test_a_bound_close_to_the_margin_keeps_the_digits_that_tell_them_apart(mean: float, bound: str) -> None:
    assert f"it is {bound} (t and ABC), the margin is -2.00." in quality(mean - 1, mean + 1).sentence


def test_a_mean_exactly_at_the_margin_is_not_settled_by_more_pairs() -> None:
    found = quality(-1.0, -3.0)
    assert (found.finding, found.more) == ("open", None)
    assert found.advice == "Stage 2: quality is on average beyond the limit; more pairs would not prove it."


def test_equal_scores_of_too_few_inputs_are_open_and_say_so() -> None:
    found = quality(0.0, count=50)
    assert found.sentence == (
        "Stage 2: on 50 inputs the candidate scores +0.00 points against the incumbent each time, so they are counted: too "
        "few to show with 95 % confidence that fewer than 5 % go beyond the limit."
    )
    assert found.advice == "Stage 2: 9 more inputs through both models for quality."


@pytest.mark.parametrize(
    ("demand", "what"),
    [("quality", "quality"), ("latency", "latency"), ("claim", "the claim to be faster"), ("cost", "cost")],
)
def test_what_was_never_compared_is_named(demand: str, what: str) -> None:
    found = proof(verdict([]), demand)
    assert found.sentence == f"Stage 2: not one pair of {what} was seen, and no data is never a proof."
    assert found.estimate is None


def test_unlimited_bounds_are_no_numbers() -> None:
    found = proof(verdict([]), "quality")
    assert (found.lower, found.upper) == (None, None)


def test_a_ratio_has_its_estimate_and_both_bounds() -> None:
    found = proof(verdict(with_ratio(pairs(100), 1.0, 0.12)), "latency")
    assert (found.estimate, found.lower, found.upper) == pytest.approx((1.0, 0.98, 1.02), abs=1e-3)
    assert found.advice == ""
