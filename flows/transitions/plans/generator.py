"""The generator's phases, as its transition document has them."""

from blocks.catalogue import FP8, MISTRAL
from flows.transitions.plans.phase import Phase, person, precondition, suite, verdict, watch
from tasks.judging.policy import Policy, protected

_GOALS = (
    verdict("Quality score of 95 or more in all stages", "good_share"),
    verdict("Error rate below 1 %", "failures"),
    verdict("No placeholders in any output", "placeholders"),
    verdict("No quality degradation against the incumbent", "quality"),
    verdict("Cost stable or lower", "cost"),
    watch("Monitored for 24 hours"),
)
_FASTER = (verdict("10 to 20 % faster: proven, refuted or open; reported, not required", "claim"),)
_BEFORE = (
    precondition("Baseline test results of the current models"),
    precondition("Way back alive: the incumbent answers a probe"),
    suite("The whole suite run on preview, all stages valid"),
)
_PREVIOUS = (precondition("The phase before is stable for 24 hours or more"),)


PHASES = (
    Phase(
        key="generator-0", title="Baseline", pipeline="generator", roles=(),
        checklist=(suite("Baseline results of all thirteen stages under the present lineup"),),
        remark="Changes nothing. Recorded by the nightly baseline; every phase needs a fresh one.",
    ),
    Phase(
        key="generator-1", title="Analytical stages (1-3)", pipeline="generator",
        roles=("market_analysis", "buyer_psychology", "competitive_analysis"), target=FP8, after=("generator-0",),
        checklist=(
            *_BEFORE, *_GOALS, *_FASTER,
            suite("Stage 1: valid, all fields complete"),
            suite("Stage 2: 10-15 phrases, 3-5 fears and desires"),
            suite("Stage 3: 3-5 competitors with positioning gaps"),
            person("Results compared with the baseline: speed, quality, cost"),
        ),
    ),
    Phase(
        key="generator-2", title="Strategic stages (5, 7-9)", pipeline="generator",
        roles=("offer_design", "offer_rationale", "value_stack", "pricing_framework"), target=FP8,
        after=("generator-1",),
        checklist=(
            *_PREVIOUS, *_BEFORE, *_GOALS, *_FASTER,
            suite("Stage 5: 3 tiers, 15 messages, a guarantee"),
            suite("Stage 7: 3 options with distinct positioning"),
            suite("Stage 8: 5-7 components, total value computed"),
            suite("Stage 9: anchoring strategy, sensitivity mitigated"),
            person("No issues reported from phase 1"),
        ),
    ),
    Phase(
        key="generator-3", title="Creative stages (10-13)", pipeline="generator",
        roles=("payment_plans", "premium_bonuses", "power_guarantee", "scarcity_upsells"), target=FP8,
        after=("generator-2",),
        checklist=(
            *_PREVIOUS, *_BEFORE, *_GOALS, *_FASTER,
            suite("Stage 10: 2-3 payment options with their psychology"),
            suite("Stage 11: 3-5 bonuses with values"),
            suite("Stage 12: 3 guarantee options with risk assessed"),
            suite("Stage 13: exactly 3 bumps ($27-$47) and 2 upsells ($97-$997)"),
            person("Stage 13 read with special attention"),
        ),
    ),
    Phase(
        key="generator-4", title="Report synthesis (6) with full research", pipeline="generator",
        roles=("report_synthesis",), target=MISTRAL, after=("generator-1", "generator-2", "generator-3"),
        policy=Policy(cost_limit=1.25),
        checklist=(
            *_PREVIOUS, *_BEFORE,
            suite("Report complete, 5,000 to 6,000 words, from the full research"),
            verdict("No placeholders, no incomplete sections", "placeholders", "good_share"),
            verdict("Quality equal to the incumbent or better", "quality"),
            verdict("Cost at most 25 % higher (the document accepts 20 %)", "cost"),
            watch("Monitored for stability for 24 hours"),
            person("Report read: quality and completeness compared with the condensed form"),
            person("The condensed prompt is kept as the way back"),
        ),
        remark="A model with a window of 128K reads the research in full; a smaller one a condensed form, by itself.",
    ),
    Phase(
        key="generator-protected", title="Avatar creation (4), protected", pipeline="generator",
        roles=("avatar_creation",), after=("generator-0",), policy=protected(), protected=True,
        checklist=(
            *_BEFORE, *_GOALS,
            precondition("Way back rehearsed: a drill within the last days"),
            watch("Monitored during the change, rolled back at once on harm"),
            person("Tested extensively in an isolated environment"),
            person("The owner of the product has agreed to the change"),
        ),
        remark="The document keeps this stage on its model indefinitely: the most complex schema, and stages 5-13 "
        "depend on it. Names no target: whoever starts the gate does.",
    ),
)  # fmt: skip
