"""From a phase to the opening of a gate: which roles really move, what it takes, and whether it can pass at all."""

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from blocks.errors import ConfigurationError, GateError
from blocks.lineups import lineup_kind
from flows.transitions.appointing import entitled
from flows.transitions.expecting import Expected, expect, failure_rate, passage
from flows.transitions.plans import phase, roles_of
from flows.transitions.plans.phase import Phase
from flows.transitions.reading import all_gates
from flows.transitions.story import Change, Opening, folded
from flows.transitions.telling import changed_values
from flows.transitions.trial import suite_of
from flows.transitions.world import Content, World
from tasks.judging.departures import departures
from tasks.judging.planning import GatePlan, plan_gate
from tasks.judging.policy import Policy, unfollowable
from tasks.judging.requirements import Workload
from tasks.judging.wording import amount, many
from tasks.records.live_runs import runs_per_hour

RECENT = timedelta(days=7)
"""Whose traffic is expected again in the window; a whole week, since days differ."""
SERVING = "production"
"""The lineup every installation serves users with, whatever a gate calls its own."""


class Live(NamedTuple):
    """Users' runs an hour that come to the candidate while it is monitored."""

    calls: float
    pairs: float
    """Of those, runs that the incumbent answers too."""


async def plan_phase(
    world: World,
    key: str,
    starter: str,
    *,
    target: str = "",
    overrides: Mapping[str, Any] | None = None,
    production: str = "production",
    preview: str = "preview",
    canary: bool = False,
    repeats: int = 1,
    budget: float | None = None,
) -> Opening:
    """What a gate for this phase is about, refused or not. `budget`: USD that tests and replay may cost.

    Raises ConfigurationError for an unknown phase, model or policy, a missing starter, a preview that serves users, or a
    canary of a protected phase; GateError if there is nothing to change.
    """
    chosen, routes = phase(key), canary or phase(key).canary
    _require_starter(starter)
    _require_preview(world, chosen.pipeline, production, preview)
    if chosen.protected and routes:
        raise ConfigurationError(
            f"{chosen.key} is protected and takes no canary.",
            means="a canary lets users meet a model that nobody has approved.",
            do="start it without a canary.",
        )
    candidate = target or chosen.target
    await _require_model(world, chosen, candidate)
    policy = changed_policy(chosen, overrides or {})
    departed = departures(chosen.policy, policy)
    if routes and "excess" not in policy.watched:  # the one test that compares the arms a canary sends users to
        policy = policy.model_copy(update={"watched": (*policy.watched, "excess")})
    serving = await _serving(world, chosen.pipeline, production)
    changes = _changes(chosen, serving, candidate)
    expected = expect(world.database, chosen.pipeline, production, await world.blocks.models(), world.clock())
    live = _live(world, chosen.pipeline, production, policy, routes)
    return Opening(
        phase=key, title=chosen.title, pipeline=chosen.pipeline, changes=changes, starter=starter.strip(),
        stranger=folded(starter) not in {folded(one.name) for one in await entitled(world)},
        production=production, preview=preview, protected=chosen.protected, canary=routes,
        human=chosen.human, repeats=repeats, departures=departed,
        plan=_plan(world, chosen, policy, changes, serving, expected, live, repeats, budget),
    )  # fmt: skip


def _plan(
    world: World, chosen: Phase, policy: Policy, changes: tuple[Change, ...], serving: Content, expected: Expected,
    live: Live, repeats: int, budget: float | None,
) -> GatePlan:  # fmt: skip
    """What these changes take: tests under both lineups, then users' runs and replays until the policy can decide."""
    kind, inputs = lineup_kind(chosen.pipeline), len(suite_of(chosen.pipeline).items())
    candidates = {change.role: change.candidate for change in changes}
    return plan_gate(
        policy, tuple(candidates),
        tuple(_workload(world, chosen, change, expected, live, inputs) for change in changes),
        passage(expected, {role: str(serving[role]) for role in kind.roles}, candidates),
        others=tuple(role for role in kind.roles if role not in candidates), tests=repeats * inputs, budget=budget,
        labels={role: str(kind.model_fields[role].title) for role in kind.roles},
        unpriced={change.role: expected.unpriced((change.incumbent, change.candidate)) for change in changes},
    )  # fmt: skip


def _require_starter(starter: str) -> None:
    if not folded(starter):
        raise ConfigurationError(
            "Nobody is named as the one who starts this gate.",
            means="whoever starts a gate does not approve it, so that has to be known.",
            do="give your name, as your Approver block is called if you have one.",
        )


def _changes(chosen: Phase, serving: Content, candidate: str) -> tuple[Change, ...]:
    """The roles of the phase that another model serves today."""
    changes = tuple(
        Change(role=role, incumbent=str(serving[role]), candidate=candidate)
        for role in roles_of(chosen)
        if serving[role] != candidate
    )
    if not changes:
        raise GateError(f"Every role of {chosen.key} is served by {candidate!r} already.", do="plan the next phase.")
    return changes


def changed_policy(chosen: Phase, overrides: Mapping[str, Any]) -> Policy:
    """The phase's policy with some values changed, checked as a whole.

    Nobody may do with fewer approvers, and a protected phase is never asked for less in anything. What is asked for less
    elsewhere stays with the gate and is said wherever it is shown.
    """
    try:
        changed = Policy.model_validate({**chosen.policy.model_dump(), **overrides})
    except ValidationError as error:
        raise _not_so(map(_fault, error.errors())) from None
    if faults := unfollowable(changed):
        raise _not_so(faults)
    if changed.approvers < chosen.policy.approvers:
        raise ConfigurationError(
            f"This phase needs {chosen.policy.approvers} approvers.", do="leave `approvers` as it is, or raise it."
        )
    less = [one.sentence for one in departures(chosen.policy, changed) if one.effect != "other"]
    if chosen.protected and less:
        raise ConfigurationError(
            f"{chosen.key} is protected, and less would be asked of it: {'; '.join(less)}.",
            means="what depends on a protected role relies on all of its proofs.",
            do="leave these values as they are, or make them stricter.",
        )
    return changed


def _fault(fault: ErrorDetails) -> str:
    """One thing a policy cannot be, in words of those who typed it."""
    key = ".".join(map(str, fault["loc"]))
    if fault["type"] == "extra_forbidden" and len(fault["loc"]) == 1:
        return f"there is no value {key!r}; there are {', '.join(Policy.model_fields)}."
    if fault["input"] is None:
        return f"{key}: null is no value; leave {key!r} out to keep the phase's own."
    return f"{key}: {fault['msg']}"


def _not_so(faults: Iterable[str]) -> ConfigurationError:
    return ConfigurationError(f"The policy cannot be changed so: {'; '.join(faults)}", do="correct these values.")


def _require_preview(world: World, pipeline: str, production: str, preview: str) -> None:
    """Testing writes the candidate into `preview` before anybody has approved it."""
    serving = {SERVING, production}
    serving |= {gate.opening.production for gate in all_gates(world) if gate.opening.pipeline == pipeline}
    if preview.strip() in serving:
        raise ConfigurationError(
            f"The lineup {preview!r} cannot be the preview of this gate: it serves users.",
            means="testing would put the candidate before them with nobody's approval.",
            do="name a lineup that serves nobody, such as 'preview'.",
        )


async def _require_model(world: World, chosen: Phase, candidate: str) -> None:
    if chosen.is_baseline:
        raise GateError(
            f"{chosen.key} changes nothing; it is recorded, not promoted.", do="run `phasegate trial --baseline`."
        )
    if not candidate:
        raise ConfigurationError(f"The documents name no target for {chosen.key}.", do="name one with --target.")
    there = await world.blocks.models()
    if candidate not in there:
        raise ConfigurationError(
            f"There is no model block {candidate!r}.", do=f"create it, or use one of: {', '.join(sorted(there))}."
        )


async def _serving(world: World, pipeline: str, production: str) -> Content:
    content = await world.blocks.lineup(pipeline, production)
    if content is None:
        raise ConfigurationError(f"There is no lineup {production!r}.", do="run `phasegate bootstrap`.")
    return content


def _workload(world: World, about: Phase, change: Change, expected: Expected, live: Live, inputs: int) -> Workload:
    """What is known of a role's work from recorded calls."""
    content = expected.models.get(change.candidate, {})
    return Workload(
        role=change.role,
        live_calls_per_hour=live.calls,
        live_pairs_per_hour=live.pairs,
        suite_inputs=inputs,
        incumbent_cost=expected.call_price(change.role, change.incumbent, change.incumbent),
        candidate_cost=expected.call_price(change.role, change.candidate, change.incumbent),
        failure_rate=failure_rate(
            world.database, about.pipeline, change.role, change.candidate, content, world.clock()
        ),
    )


def _live(world: World, pipeline: str, production: str, policy: Policy, canary: bool) -> Live:
    """As many as in the last week. Of a canary only the first step is counted on: it may stay there."""
    now = world.clock()
    runs = runs_per_hour(world.database, pipeline, production, now - RECENT, now)
    routed = policy.canary[0][0] if canary else 0.0
    return Live((policy.mirror + routed) * runs, policy.mirror * runs)


def shown(opening: Opening) -> str:
    """The plan as people read it before anything runs, in Markdown."""
    plan = opening.plan
    moves = "\n".join(f"| {plan.label(c.role)} | {c.incumbent} | {c.candidate} |" for c in opening.changes)
    efforts = "\n".join(
        f"| {plan.label(e.role)} | {e.calls_needed} | {e.calls_expected} | {e.inputs_needed} | {e.inputs_expected} "
        f"| {e.replays} |"
        for e in plan.efforts
    )
    # A reason begins with a stage's number, which would begin a list of its own.
    reasons = (re.sub(r"^(\d+)\.", r"\1\.", refusal) for refusal in plan.refusals)
    refused = "\n".join(("**Refused.**\n", *(f"- {reason}" for reason in reasons)))
    verdict = refused if plan.refusals else "This gate can pass."
    unusual = "".join(f"{sentence}\n\n" for sentence in changed_values(opening))
    return (
        f"# {opening.title}\n\n{verdict}\n\n{unusual}| role | from | to |\n|---|---|---|\n{moves}\n\n"
        "| role | calls needed | expected live | different inputs needed | there will be | replays |\n"
        f"|---|---|---|---|---|---|\n{efforts}\n\n{_cost(plan)}\n"
    )


def _cost(plan: GatePlan) -> str:
    money = "an unknown amount" if plan.money is None else f"{plan.money:.2f} USD"
    return (
        f"Every input goes through the whole pipeline under both lineups: {plan.passage.calls:.0f} calls,"
        f" {plan.passage.seconds:.0f} s. Tests ask {many(plan.tests, 'input')} ({plan.test_hours:.1f} hours), replay"
        f" {plan.replays} more, spread over the window ({plan.hours:.1f} hours): {amount(round(plan.calls))} calls, {money}."
    )
