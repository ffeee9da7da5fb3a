"""Every flow people and schedules can start: one entry a deployment, the only place where they are listed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flows.generator.samples import sample_input
from flows.generator.stages import STAGES

WORK_POOL = "phasegate"


@dataclass(frozen=True)
class Deployment:
    """One deployment of a flow.

    `entrypoint` is `module:flow`; a module path, so that no file of ours can hide a package.
    """

    name: str
    entrypoint: str
    description: str
    tags: tuple[str, ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)


def deployments() -> tuple[Deployment, ...]:
    """The catalogue."""
    return (_generator(), *(_stage(stage) for stage in STAGES))


def _generator() -> Deployment:
    return Deployment(
        name="generate",
        entrypoint="flows.generator.generate:generate",
        description=(
            "Turns a **business brief** into market research and an offer, in thirteen stages. The form is filled with "
            "an invented sample brief. To go on from a failed run, empty the brief and give that run's id."
        ),
        tags=("generator",),
        parameters={"given": sample_input().model_dump(mode="json"), "lineup": "production"},
    )


def _stage(stage: Any) -> Deployment:
    return Deployment(
        name=f"{stage.number:02}-{stage.key.replace('_', '-')}",
        entrypoint=f"flows.generator.{stage.key}:{stage.key}",
        description=f"Asks stage {stage.number}, **{stage.name}**, again from the stored outputs of an earlier run.",
        tags=("generator", "stage"),
        parameters={"earlier_run": "latest", "lineup": "production"},
    )
