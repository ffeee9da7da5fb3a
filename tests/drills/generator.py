"""A run of the generator that is killed: from a terminal and gone on from, as a flow run, or with a worker."""

from collections import Counter

from sqlalchemy import select

from deployments.applying import bootstrap
from flows.generator.generate import generate
from flows.generator.samples import sample_input
from flows.generator.stages import STAGES
from tasks.records.database import engine
from tasks.records.runs import read_run
from tasks.records.tables import calls
from tests.drills import lives
from tests.drills.findings import Findings, once
from tests.drills.rig import Rig
from tests.drills.workers import carried_out, completed
from tests.generator.scene import QUESTIONS, newest_run, outputs

KEYS = {stage.key for stage in STAGES}


def from_a_terminal(rig: Rig, kills: int) -> Findings:
    """`phasegate run`, killed, then `phasegate run --continue` with the id of whatever was begun."""

    def words() -> tuple[str, ...]:
        begun = newest_run()
        return ("run", "--continue", begun["id"]) if begun else ("run",)

    rig.push("command line", lives.command, words, lambda: newest_run().get("status") == "completed", kills)
    return found(rig, newest_run()["id"])


def as_a_flow_run(rig: Rig, kills: int) -> Findings:
    """The run's own process is killed, and the run is taken up again under its id."""
    brief = sample_input().model_dump(mode="json")
    run = rig.planned(generate, brief=brief)

    def ended() -> bool:
        kept = read_run(engine(), str(run))
        return kept is not None and kept["status"] == "completed"

    rig.push("flow run", lives.carry_out, lambda: ("generator", run), ended, kills)
    return found(rig, str(run))


def with_a_worker(rig: Rig, kills: int) -> Findings:
    rig.models.delay = lambda request: 0.3
    rig.house.do(bootstrap)
    run = rig.house.run("generator/generate", brief=sample_input().model_dump(mode="json"))
    carried_out(rig, run, completed(rig, run), kills)
    return found(rig, str(run))


def found(rig: Rig, run_id: str) -> Findings:
    """Thirteen outputs, every question answered once over all the runs there were, the ledger sound."""
    kept = outputs(run_id)
    with engine().connect() as connection:
        rows = connection.execute(select(calls.c.role, calls.c.part).where(calls.c.outcome != "failed")).tuples()
        answered = Counter(f"{role} {part}".strip() for role, part in rows)
    lost, doubled = once(answered, dict.fromkeys(answered, 1))
    lost += [f"stage {key}" for key in sorted(KEYS - set(kept))]
    if len(answered) != QUESTIONS:
        lost.append(f"{len(answered)} of {QUESTIONS} questions have an answer")
    return Findings(lost=lost, doubled=doubled, ledger=rig.verified())
