"""The phases of both pipelines, checked as a whole when they are loaded. A new phase is one entry in its pipeline's list."""

from collections.abc import Mapping, Sequence
from functools import cache

from blocks.catalogue import default_models
from blocks.errors import ConfigurationError
from blocks.lineups import lineup_kind
from flows.transitions.plans import generator, transcripts
from flows.transitions.plans.phase import Phase
from tasks.judging.wording import spoken_list

PROTECTED: Mapping[str, frozenset[str]] = {"generator": frozenset({"avatar_creation"})}
"""Roles that change only in a phase of their own, by pipeline."""


@cache
def phases() -> Mapping[str, Phase]:
    """Key -> phase. Raises ConfigurationError with everything that is wrong."""
    return check((*generator.PHASES, *transcripts.PHASES))


def phase(key: str) -> Phase:
    """Raises ConfigurationError with the list of phases."""
    if key not in phases():
        raise ConfigurationError(f"There is no phase {key!r}.", do=f"use one of: {', '.join(phases())}.")
    return phases()[key]


def roles_of(phase: Phase) -> tuple[str, ...]:
    """The roles that move, with `*` spelled out. Raises ConfigurationError if the pipeline has no lineup."""
    if phase.roles != ("*",):
        return phase.roles
    return lineup_kind(phase.pipeline).roles


def check(given: Sequence[Phase], models: frozenset[str] | None = None) -> Mapping[str, Phase]:
    """Key -> phase, if the phases hold together; ConfigurationError with one sentence a problem otherwise."""
    models = models if models is not None else frozenset(default_models())
    problems = [problem for phase in given for problem in _problems(phase, given, models)]
    if problems:
        raise ConfigurationError(
            "The transition plan does not hold together: " + " ".join(problems),
            means="no gate can be planned from it.",
            do="correct the phases under flows/transitions/plans.",
        )
    return {phase.key: phase for phase in given}


def _problems(phase: Phase, given: Sequence[Phase], models: frozenset[str]) -> list[str]:
    keys = [each.key for each in given]
    before = keys[: keys.index(phase.key)]
    return [
        *([f"{phase.key} is there twice."] if keys.count(phase.key) > 1 else []),
        *(f"{phase.key} comes after {key}, which does not come before it." for key in phase.after if key not in before),
        *([f"{phase.key} names the model block {phase.target!r}, which no installation has."]
          if phase.target and phase.target not in models else []),
        *_role_problems(phase),
    ]  # fmt: skip


def _role_problems(phase: Phase) -> list[str]:
    kind, guarded = lineup_kind(phase.pipeline), PROTECTED.get(phase.pipeline, frozenset())
    roles = kind.roles if phase.roles == ("*",) else phase.roles
    looked_at = (role for item in phase.checklist for role in item.roles)
    unknown = sorted({*roles, *(rule.role for rule in phase.policy.fields), *looked_at} - set(kind.roles))
    mixed = guarded & set(roles)
    return [
        *([f"{phase.key} names {spoken_list(unknown)}, which the pipeline does not have."] if unknown else []),
        *([f"{phase.key} changes {spoken_list(sorted(mixed))}, which is protected and needs a protected phase of its own."]
          if mixed and not (phase.protected and set(roles) == mixed) else []),
    ]  # fmt: skip
