"""From a phase to the opening of a gate: which roles really move, what it takes, and whether it can pass at all."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Engine, func, select

from blocks.errors import ConfigurationError, GateError
from blocks.lineups import lineup_kind
from flows.transitions.plans import phase, roles_of
from flows.transitions.plans.phase import Phase
from flows.transitions.reading import all_gates
from flows.transitions.story import Change, Opening, folded
from flows.transitions.telling import notices
from flows.transitions.trial import suite_of
from flows.transitions.world import Content, World
from tasks.judging.departures import departures
from tasks.judging.planning import Budget, plan_gate
from tasks.judging.policy import Policy
from tasks.judging.requirements import Workload
from tasks.records.live_runs import runs_per_hour
from tasks.records.tables import calls

LOOK_BACK = timedelta(days=30)
RECENT = timedelta(days=7)
"""Whose traffic is expected again in the window; a whole week, since days differ."""
SERVING = "production"
"""The lineup every installation serves users with, whatever a gate calls its own."""
USUAL_SECONDS = 10.0
"""Of a call of which nothing is known yet; only hours in the plan depend on it."""


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
    budget: Budget | None = None,
) -> Opening:
    """What a gate for this phase is about, refused or not.

    Raises ConfigurationError for an unknown phase, model or policy, a missing starter, a preview that serves users, or a
    canary of a protected phase; GateError if there is nothing to change.
    """
    chosen = phase(key)
    if not folded(starter):
        raise ConfigurationError(
            "Nobody is named as the one who starts this gate.",
            means="whoever starts a gate does not approve it, so that has to be known.",
            do="give your name, as your Approver block is called if you have one.",
        )
    _require_preview(world, chosen.pipeline, production, preview)
    if chosen.protected and (canary or chosen.canary):
        raise ConfigurationError(
            f"{chosen.key} is protected and takes no canary.",
            means="a canary lets users meet a model that nobody has approved.",
            do="start it without a canary.",
        )
    candidate = target or chosen.target
    await _require_model(world, chosen, candidate)
    policy = changed_policy(chosen, overrides or {})
    departed = departures(chosen.policy, policy)
    serving = await _serving(world, chosen.pipeline, production)
    changes = tuple(
        Change(role=role, incumbent=str(serving[role]), candidate=candidate)
        for role in roles_of(chosen)
        if serving[role] != candidate
    )
    if not changes:
        raise GateError(f"Every role of {key} is served by {candidate!r} already.", do="plan the next phase.")
    roles = tuple(change.role for change in changes)
    kind, models = lineup_kind(chosen.pipeline), await world.blocks.models()
    now = world.clock()
    inputs = len(suite_of(chosen.pipeline).items())
    mirrored = policy.mirror * runs_per_hour(world.database, chosen.pipeline, production, now - RECENT, now)
    return Opening(
        phase=key, title=chosen.title, pipeline=chosen.pipeline, changes=changes, starter=starter.strip(),
        stranger=folded(starter) not in {folded(one.name) for one in await world.blocks.approvers()},
        production=production, preview=preview, protected=chosen.protected, canary=canary or chosen.canary,
        human=chosen.human, repeats=repeats, departures=departed,
        plan=plan_gate(
            policy, roles, tuple(_workload(world, chosen.pipeline, change, models, mirrored, inputs) for change in changes),
            others=tuple(role for role in kind.roles if role not in roles), budget=budget,
            labels={role: str(kind.model_fields[role].title) for role in kind.roles},
        ),
    )  # fmt: skip


def changed_policy(chosen: Phase, overrides: Mapping[str, Any]) -> Policy:
    """The phase's policy with some values changed, checked as a whole.

    Nobody may do with fewer approvers, and a protected phase is never asked for less in anything. What is asked for less
    elsewhere stays with the gate and is said wherever it is shown.
    """
    try:
        changed = Policy.model_validate({**chosen.policy.model_dump(), **overrides})
    except ValidationError as error:
        reasons = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise ConfigurationError(f"The policy cannot be changed so: {reasons}", do="correct these values.") from None
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


def _workload(
    world: World, pipeline: str, change: Change, models: Mapping[str, Content], mirrored: float, inputs: int
) -> Workload:
    """What is known of a role's work from its recorded calls; `mirrored`: users' runs an hour it will be asked too."""
    seen = _seen(world.database, pipeline, change.role, change.incumbent, world)
    candidate = models.get(change.candidate, {})
    return Workload(
        role=change.role,
        live_calls_per_hour=mirrored,
        live_pairs_per_hour=mirrored,
        suite_inputs=inputs,
        seconds_per_call=seen["seconds"] or USUAL_SECONDS,
        incumbent_cost=_price(models.get(change.incumbent, {}), seen),
        candidate_cost=_price(candidate, seen),
    )


def _seen(database: Engine, pipeline: str, role: str, block: str, world: World) -> Mapping[str, float | None]:
    statement = select(
        func.avg(calls.c.total_seconds).label("seconds"),
        func.avg(calls.c.prompt_tokens).label("prompt"),
        func.avg(calls.c.completion_tokens).label("completion"),
    ).where(
        calls.c.pipeline == pipeline, calls.c.role == role, calls.c.model_block == block,
        calls.c.started_at >= world.clock() - LOOK_BACK,
    )  # fmt: skip
    with database.connect() as connection:
        row = connection.execute(statement).one()
    return {name: float(value) if value is not None else None for name, value in row._mapping.items()}


def _price(model: Content, seen: Mapping[str, float | None]) -> float | None:
    """Money for one call of usual size; None where a price or the size is unknown. Free stays free without a size."""
    prices = model.get("input_price"), model.get("output_price")
    if prices == (0, 0):
        return 0.0
    if None in prices or seen["prompt"] is None or seen["completion"] is None:
        return None
    return (seen["prompt"] * float(prices[0] or 0) + seen["completion"] * float(prices[1] or 0)) / 1_000_000


def shown(opening: Opening) -> str:
    """The plan as people read it before anything runs, in Markdown."""
    plan = opening.plan
    moves = "\n".join(f"| {plan.label(c.role)} | {c.incumbent} | {c.candidate} |" for c in opening.changes)
    efforts = "\n".join(
        f"| {plan.label(e.role)} | {e.calls_needed} | {e.calls_expected} | {e.pairs_needed} | {e.replay_pairs} "
        f"| {e.replay_calls} | {e.hours:.1f} | {'unknown' if e.money is None else f'{e.money:.2f}'} |"
        for e in plan.efforts
    )
    verdict = "This gate can pass." if not plan.refusals else "**Refused.** " + " ".join(plan.refusals)
    unusual = "".join(f"{notice}\n\n" for notice in notices(opening))
    return (
        f"# {opening.title}\n\n{verdict}\n\n{unusual}| role | from | to |\n|---|---|---|\n{moves}\n\n"
        "| role | calls needed | expected live | pairs needed | replay pairs | replay calls | hours | USD |\n"
        f"|---|---|---|---|---|---|---|---|\n{efforts}\n"
    )
