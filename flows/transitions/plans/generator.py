"""The generator's phases, as its transition document has them."""

from blocks.catalogue import FP8, MISTRAL
from flows.transitions.plans.phase import Phase, person, precondition, suite, verdict, window
from tasks.judging.policy import Policy, protected

_BEFORE = (
    precondition("Baseline test results of the current models"),
    precondition("Way back alive: the incumbent answers a probe"),
    suite("The whole suite run on preview, all thirteen stages valid", "answered"),
    suite("Score of 95 or more in all thirteen stages on preview", "score"),
    suite("No placeholder and no repeated prompt in any output on preview", "clean"),
    suite("Research and offer together in less than an hour", "hour"),
)
_GOALS = (
    verdict("Score of 95 or more in every stage that changes", "good_share"),
    verdict("Less than 1 % errors in every stage that changes", "failures"),
    verdict("No placeholders from any stage that changes", "placeholders"),
    verdict("No quality degradation against the incumbent", "quality"),
)
_COST = (verdict("Cost stable or lower", "cost"),)
_FASTER = (verdict("10 to 20 % faster: proven, refuted or open; reported, not required", "claim"),)
_WINDOW = (window("Monitored for 24 hours"),)
_PREVIOUS = (precondition("The phases before are stable for 24 hours or more", hours=24),)


PHASES = (
    Phase(
        key="generator-0", title="Baseline", pipeline="generator", roles=(),
        checklist=(suite("Baseline results of all thirteen stages under the present lineup", "answered"),),
        remark="Changes nothing. Recorded by the nightly baseline; every phase needs a fresh one.",
    ),
    Phase(
        key="generator-1", title="Analytical stages (1-3)", pipeline="generator",
        roles=("market_analysis", "buyer_psychology", "competitive_analysis"), target=FP8, after=("generator-0",),
        checklist=(
            *_BEFORE, *_GOALS, *_COST, *_FASTER, *_WINDOW,
            suite("Stage 1: valid, all fields complete", "rules", "market_analysis"),
            suite("Stage 2: 10-15 phrases, 3-5 fears and desires", "rules", "buyer_psychology"),
            suite("Stage 3: 3-5 competitors with positioning gaps", "rules", "competitive_analysis"),
            person("Results compared with the baseline: speed, quality, cost"),
        ),
    ),
    Phase(
        key="generator-2", title="Strategic stages (5, 7-9)", pipeline="generator",
        roles=("offer_design", "offer_rationale", "value_stack", "pricing_framework"), target=FP8,
        after=("generator-1",),
        checklist=(
            *_PREVIOUS, *_BEFORE, *_GOALS, *_COST, *_FASTER, *_WINDOW,
            suite("Stage 5: 3 tiers, 15 messages, a guarantee", "rules", "offer_design"),
            suite("Stage 7: 3 options with distinct positioning", "rules", "offer_rationale"),
            suite("Stage 8: 5-7 components, total value computed", "rules", "value_stack"),
            suite("Stage 9: anchoring strategy, sensitivity mitigated", "rules", "pricing_framework"),
            person("No issues reported from phase 1"),
        ),
    ),
    Phase(
        key="generator-3", title="Creative stages (10-13)", pipeline="generator",
        roles=("payment_plans", "premium_bonuses", "power_guarantee", "scarcity_upsells"), target=FP8,
        after=("generator-1", "generator-2"),
        checklist=(
            *_PREVIOUS, *_BEFORE, *_GOALS, *_COST, *_FASTER, *_WINDOW,
            suite("Stage 10: 2-3 payment options with their psychology", "rules", "payment_plans"),
            suite("Stage 11: 3-5 bonuses with values", "rules", "premium_bonuses"),
            suite("Stage 12: 3 guarantee options with risk assessed", "rules", "power_guarantee"),
            suite("Stage 13: exactly 3 bumps ($27-$47) and 2 upsells ($97-$997)", "rules", "scarcity_upsells"),
            person("Stage 13 read with special attention"),
        ),
    ),
    Phase(
        key="generator-4", title="Report synthesis (6) with full research", pipeline="generator",
        roles=("report_synthesis",), target=MISTRAL, after=("generator-1", "generator-2", "generator-3"),
        policy=Policy(cost_limit=1.25),
        checklist=(
            *_PREVIOUS, *_BEFORE,
            suite("Report complete, no section short or left open", "rules", "report_synthesis"),
            suite("Report of 5,000 to 6,000 words", "length"),
            *_GOALS,
            verdict("Cost at most 25 % higher (the document accepts 20 %)", "cost"),
            *_WINDOW,
            suite("Whole run 15 to 20 % faster than before the first phase", "faster"),
            suite("Every report complete: all thirteen stages in every run", "answered"),
            person("Report read: quality and completeness compared with the condensed form"),
            person("The condensed prompt is kept as the way back"),
        ),
        remark="A model with a window of 128K reads the research in full; a smaller one a condensed form, by itself.",
    ),
    Phase(
        key="generator-protected", title="Avatar creation (4), protected", pipeline="generator",
        roles=("avatar_creation",), after=("generator-0",), policy=protected(), protected=True,
        checklist=(
            *_BEFORE, *_GOALS, *_COST,
            suite("Stage 4: no rule broken, in an environment that serves no user", "rules", "avatar_creation"),
            person("Condition 1: tested extensively in an isolated environment, outputs read"),
            person("Condition 2: the owner of the product has agreed to the change"),
            precondition("Condition 3: the way back takes effect at once, rehearsed by a drill within the last days"),
            window("Condition 4: monitored while it changes, for 24 hours, rolled back at once on harm"),
        ),
        remark="The document keeps this stage on its model indefinitely: the most complex schema, and stages 5-13 "
        "depend on it. Names no target: whoever starts the gate does.",
    ),
)  # fmt: skip
