"""Every flow people and schedules can start: one entry a deployment, the only place where they are listed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict

from deployments.schedules import Schedule
from flows.generator.samples import sample_input
from flows.generator.stages import STAGES
from flows.operations.tags import TICKS
from flows.transcripts.samples import FOLDER, SHORT

WORK_POOL = "phasegate"
WORK, FIRST = "default", "first"
"""The pool's queues. A worker that is full takes nothing up, whatever waits, so what must never wait behind work of hours
has a queue, and a worker, of its own."""


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
    schedules: tuple[Schedule, ...] = ()
    concurrency_limit: int | None = None
    """Runs at the same time; None is no limit. Never on what looks after stuck runs: a dead run may hold the slot."""
    collision: Literal["ENQUEUE", "CANCEL_NEW"] = "ENQUEUE"
    """What becomes of a run that finds the limit reached: it waits, or it is cancelled."""
    queue: str = WORK
    """FIRST for what takes changes back or looks after runs. Such a run is short; there is one open gate a pipeline."""


class _Limit(TypedDict):
    concurrency_limit: int
    collision: Literal["ENQUEUE", "CANCEL_NEW"]


ONE_AT_A_TIME: _Limit = {"concurrency_limit": 1, "collision": "CANCEL_NEW"}
"""For work that a second run at the same time would only repeat."""
ONE_AFTER_THE_OTHER: _Limit = {"concurrency_limit": 1, "collision": "ENQUEUE"}
"""For work of two pipelines: one waits for the other. Of runs that would repeat each other the janitor leaves one."""


def deployments() -> tuple[Deployment, ...]:
    """The catalogue."""
    return (_generator(), *(_stage(stage) for stage in STAGES), *_transcripts(), *_transitions(), *_operations())


def _generator() -> Deployment:
    return Deployment(
        name="generate",
        entrypoint="flows.generator.generate:generate",
        description=(
            "Turns a **business brief** into market research and an offer, in thirteen stages. The form is filled with "
            "an invented sample brief. To go on from a failed run, empty the brief and give that run's id."
        ),
        tags=("generator",),
        parameters={"brief": sample_input().model_dump(mode="json", exclude_none=True), "lineup": "production"},
    )


def _stage(stage: Any) -> Deployment:
    return Deployment(
        name=f"{stage.number:02}-{stage.key.replace('_', '-')}",
        entrypoint=f"flows.generator.{stage.key}:{stage.key}",
        description=f"Asks stage {stage.number}, **{stage.name}**, again from the stored outputs of an earlier run.",
        tags=("generator", "stage"),
        parameters={"earlier_run": "latest", "lineup": "production"},
    )


def _transitions() -> tuple[Deployment, ...]:
    """The phase gates. The watch has no limit and no retries: a tick that is lost is made up for by the next one."""
    tags = ("transitions",)
    return (
        Deployment(
            name="gate",
            entrypoint="flows.transitions.gate:gate",
            description=(
                "Takes **one phase** of the transition plan from preview to production: tests, monitors for 24 hours, "
                "asks people, promotes or rolls back. Suspended while it waits."
            ),
            tags=tags,
            parameters={"phase": "generator-1"},
            queue=FIRST,
        ),
        Deployment(
            name="watch",
            entrypoint="flows.transitions.watch:watch",
            description="Drives every waiting gate: harm, expiry, drift, silence, the end of a window.",
            tags=(*tags, TICKS),
            schedules=(Schedule("every-five-minutes", "*/5 * * * *"),),
            queue=FIRST,
        ),
        Deployment(
            name="replay",
            entrypoint="flows.transitions.replay:replay",
            description="Asks further inputs of a gate's suite while it is monitored. Started by the watch.",
            tags=tags,
            concurrency_limit=1,
        ),
        Deployment(
            name="mirror",
            entrypoint="flows.transitions.mirror:mirror",
            description=(
                "Asks a gate's candidate a **share of what users asked**, out of their sight, while it is monitored. "
                "Started by the watch where the policy's `mirror` is above 0."
            ),
            tags=tags,
            concurrency_limit=1,
        ),
        Deployment(
            name="nightly-baseline",
            entrypoint="flows.transitions.baseline:nightly_baseline",
            description=(
                "Asks the **suite** of the lineup that serves users: what every candidate is compared with. A gate needs "
                "one that is fresh. **Its schedules are paused** until you switch them on: each night they ask the "
                "production models for real, which costs money at a provider and hours on a small machine."
            ),
            tags=tags,
            parameters={"pipeline": "generator", "lineup": "production"},
            schedules=(
                Schedule("nightly", "30 2 * * *", active=False),
                Schedule("nightly-transcripts", "30 1 * * *", parameters={"pipeline": "transcripts"}, active=False),
            ),
            **ONE_AFTER_THE_OTHER,
        ),
        Deployment(
            name="drill",
            entrypoint="flows.transitions.drill:drill",
            description="Lets a dead, a slow and a sloppy candidate loose on **shadow data** and measures the way back.",
            tags=tags,
            parameters={"pipeline": "generator"},
            schedules=(  # a gate needs one of the last seven days; with one a week a late one would hold gates
                Schedule("twice-a-week", "15 4 * * 1,4"),
                Schedule("twice-a-week-transcripts", "45 4 * * 1,4", parameters={"pipeline": "transcripts"}),
            ),
            **ONE_AFTER_THE_OTHER,
        ),
        Deployment(
            name="drift-scan",
            entrypoint="flows.transitions.scanning:drift_scan",
            description="Compares every lineup and model block with the ledger: **what was edited by hand**, on one page.",
            tags=tags,
            schedules=(Schedule("hourly", "20 * * * *"),),
            **ONE_AT_A_TIME,
        ),
        Deployment(
            name="tracker",
            entrypoint="flows.transitions.tracker:tracker",
            description="Writes the **tracker** anew: every phase, its checklist, who serves what since when, the history.",
            tags=(*tags, TICKS),
            schedules=(Schedule("every-fifteen-minutes", "*/15 * * * *"),),
            **ONE_AT_A_TIME,
        ),
        Deployment(
            name="rollback",
            entrypoint="flows.transitions.rollback:rollback",
            description="**Quick rollback**: puts the incumbents of a gate back, effective for the next call.",
            tags=tags,
            queue=FIRST,
        ),
        Deployment(
            name="emergency-rollback",
            entrypoint="flows.transitions.rollback:emergency_rollback",
            description="**Emergency**: opens an incident, which freezes all gates, and takes the changes back.",
            tags=tags,
            queue=FIRST,
        ),
    )


def _operations() -> tuple[Deployment, ...]:
    """What looks after the installation. The janitor has no limit: the slot of a dead one would stop all that follow."""
    return (
        Deployment(
            name="janitor",
            entrypoint="flows.operations.janitor:janitor",
            description=(
                "Starts crashed and stuck runs again, cancels waiting runs that others have overtaken; **tells people** "
                "of runs that failed, of runs nobody takes up, and of a silent watch (`phasegate alerts`)."
            ),
            tags=("operations", TICKS),
            schedules=(Schedule("every-minute", "* * * * *"),),
            queue=FIRST,
        ),
        Deployment(
            name="doctor",
            entrypoint="flows.operations.doctor:doctor",
            description="Looks at everything phasegate depends on; the run fails if a check does. Its table is an artifact.",
            tags=("operations",),
            schedules=(Schedule("daily", "0 6 * * *"),),
            **ONE_AT_A_TIME,
        ),
        Deployment(
            name="model-probe",
            entrypoint="flows.operations.doctor:doctor",
            description="Asks every model in use one short question, and its host whether it is withdrawn or about to be.",
            tags=("operations",),
            parameters={"only": "models"},
            schedules=(Schedule("every-six-hours", "15 */6 * * *"),),
            **ONE_AT_A_TIME,
        ),
        Deployment(
            name="backup",
            entrypoint="flows.operations.backup:backup",
            description="Backs up the database, proven by restoring it into a scratch database; keeps the newest ones.",
            tags=("operations",),
            schedules=(Schedule("nightly", "30 3 * * *"),),
            **ONE_AT_A_TIME,
        ),
        Deployment(
            name="retention",
            entrypoint="flows.operations.retention:retention",
            description=(
                "Removes calls after 400 days, raw bodies of failed attempts after 30, and Prefect's runs of the watch, the "
                "janitor, the tracker, the drift scan and the sync after 30; never the ledger, never another run."
            ),
            tags=("operations",),
            schedules=(Schedule("weekly", "0 4 * * 0"),),
            **ONE_AT_A_TIME,
        ),
    )


def _transcripts() -> tuple[Deployment, ...]:
    """The transcript pipeline: for work, and its three tests."""
    tags = ("transcripts",)
    return (
        Deployment(
            name="transcript",
            entrypoint="flows.transcripts.process:process_transcript",
            description=(
                "Makes a **CRM record** of one recorded sales call. Paste the transcript, or give the path of a file on "
                "the machine that runs this."
            ),
            tags=tags,
            parameters={"lineup": "production"},
        ),
        Deployment(
            name="transcript-batch",
            entrypoint="flows.transcripts.batch:process_folder",
            description="Makes CRM records of **all transcripts in a folder** on the machine that runs this.",
            tags=tags,
            parameters={"folder": str(FOLDER), "lineup": "production"},
        ),
        Deployment(
            name="transcript-sync",
            entrypoint="flows.transcripts.sync:sync",
            description="Brings every call to Baserow and the graph that is not there yet.",
            tags=(*tags, TICKS),
            schedules=(Schedule("half-hourly", "10,40 * * * *"),),
            **ONE_AT_A_TIME,
        ),
        Deployment(
            name="transcript-quick",
            entrypoint="flows.transcripts.modes:quick",
            description="**Test of the stores** in seconds: recorded replies in the place of a model, the sample call.",
            tags=(*tags, "test"),
        ),
        Deployment(
            name="transcript-full",
            entrypoint="flows.transcripts.process:process_transcript",
            description="**Test with the real models** on the short sample call.",
            tags=(*tags, "test"),
            parameters={"path": str(SHORT), "lineup": "production", "again": True},
        ),
        Deployment(
            name="transcript-real",
            entrypoint="flows.transcripts.modes:real",
            description="**Test with the real models** on the invented 70-minute call, scored against gold answers.",
            tags=(*tags, "test"),
            parameters={"lineup": "production"},
        ),
        Deployment(
            name="score-models",
            entrypoint="flows.transcripts.score:score_models",
            description="**Compares models** on transcripts with gold answers, with the header and without.",
            tags=(*tags, "test"),
            parameters={"folder": str(FOLDER), "lineups": ["production"], "repeats": 1},
        ),
    )
