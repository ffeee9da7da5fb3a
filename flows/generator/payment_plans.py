"""Stage 10, payment plans: two or three ways to pay the price of stage 9."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from flows.generator.alone import stage_flow
from flows.generator.checks import amounts_agree, distinct, placeholders, same, within
from flows.generator.digest import digest_and
from flows.generator.money import amounts
from flows.generator.stage import Answer, Inputs, Paragraph, Phrase, Problem, Sentence, Stage, error, warning


class Plan(Answer):
    plan_name: Phrase
    """Name of the plan."""
    payment_structure: Sentence
    """When each part is due, without amounts."""
    instalments: Annotated[int, Field(ge=1, le=36)]
    """Number of payments; 1 means paid in full."""
    total_price: Annotated[int, Field(ge=1, le=2_000_000)]
    """Sum of all payments, in whole dollars."""
    incentive: Sentence
    """What speaks for this plan; for payment in full the saving, or a bonus with its value."""
    best_for: Sentence
    """Who should choose it."""
    conversion_psychology: Sentence
    """Why it makes buying easier."""


class PricedPlan(Plan):
    instalment_amount: Annotated[float, Field(ge=0)]
    """One payment in dollars."""
    is_recommended: bool
    """True for the plan to offer first."""


class PaymentPlansAnswer(Answer):
    payment_plans: Annotated[Sequence[Plan], Field(min_length=2, max_length=3)]
    """The ways to pay, one of them in full."""
    recommended_default: Phrase
    """Name of the plan to offer first, as given above."""
    recommendation_rationale: Paragraph
    """Why this plan comes first."""


class PaymentPlans(PaymentPlansAnswer):
    payment_plans: Annotated[Sequence[PricedPlan], Field(min_length=2, max_length=3)]
    """The ways to pay, one of them in full."""


def price_instalments(answer: PaymentPlansAnswer, inputs: Inputs) -> PaymentPlans:
    default = same(answer.recommended_default)
    plans = [
        {
            **plan.model_dump(),
            "instalment_amount": round(plan.total_price / plan.instalments, 2),
            "is_recommended": same(plan.plan_name) == default,
        }
        for plan in answer.payment_plans
    ]
    return PaymentPlans.model_validate(answer.model_dump() | {"payment_plans": plans})


def check(output: PaymentPlans, inputs: Inputs) -> Sequence[Problem]:
    price = inputs.earlier["pricing_framework"]["recommended_price"]
    problems = placeholders(output)
    problems += distinct("payment_plans", [plan.plan_name for plan in output.payment_plans], least=2)
    if not any(plan.is_recommended for plan in output.payment_plans):
        problems.append(error("recommended_default", "is not the name of a plan"))
    if all(plan.instalments > 1 for plan in output.payment_plans):
        problems.append(warning("payment_plans", "hold no plan paid in full"))
    for index, plan in enumerate(output.payment_plans):
        problems += _total(f"payment_plans[{index}]", plan, price)
        known = (plan.total_price, plan.instalment_amount, round(plan.instalment_amount))
        problems += amounts_agree(f"payment_plans[{index}].payment_structure", plan.payment_structure, known)
    return problems


def _total(path: str, plan: Plan, price: int) -> list[Problem]:
    """How the total of a plan stands to the price, with one per cent of the price allowed for round figures."""
    if plan.instalments == 1 and plan.total_price == price and any(500 <= a <= 1000 for a in amounts(plan.incentive)):
        return []  # a bonus worth $500-1,000 instead of a saving
    low, high, rule = _rule(plan.instalments)
    return within(f"{path}.total_price", plan.total_price, (low - 0.01) * price, (high + 0.01) * price, rule)


def _rule(instalments: int) -> tuple[float, float, str]:
    if instalments == 1:
        return 0.90, 0.95, "payment in full, 5-10 % off,"
    if instalments <= 4:
        return 1.10, 1.15, "a split into two to four, 10-15 % more,"
    return 1.20, 1.30, "an extended plan, 20-30 % more,"


STAGE = Stage(
    number=10,
    key="payment_plans",
    name="Payment Plans",
    kind="strategic",
    answer=PaymentPlansAnswer,
    output=PaymentPlans,
    max_tokens=2000,
    task=(
        "Design two or three honest ways to pay the recommended price, none of them a decoy. Payment in full saves "
        "five to ten per cent, or keeps the price and adds a bonus worth $500 to $1,000. A split into two to four "
        "payments costs ten to fifteen per cent more, an extended plan twenty to thirty per cent more."
    ),
    brief_reads=("business_name", "offer_duration"),
    reads=digest_and(
        market_analysis=("purchasing_power.average_household_income",),
        buyer_psychology=("barriers[:1].barrier",),
        pricing_framework=("recommended_price",),
    ),
    complete=price_instalments,
    check=check,
    upgrade_phase=3,
)

payment_plans = stage_flow(STAGE)
