"""How a gate's run waits without a process, and how the watch wakes it."""

from typing import Any, TypeVar
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.responses import SetStateStatus
from prefect.exceptions import ObjectNotFound
from prefect.flow_runs import asuspend_flow_run
from prefect.input.actions import read_flow_run_input
from prefect.input.run_input import keyset_from_base_key
from prefect.logging import get_logger
from prefect.runtime import flow_run

from flows.transitions.appointing import NOBODY
from flows.transitions.form import Form
from flows.transitions.machine import is_asked
from flows.transitions.story import Gate

R = TypeVar("R", bound=Form)


async def ask(model: type[R], key: str, description: str) -> R:
    """Suspends the run until it is answered under `key`.

    The stored answer is read first: leaving a crash makes Prefect forget that the question was answered, and it would be
    asked again, or could never be answered at all. So each question has a key of its own, from the ledger.
    """
    given = await answered(model, key)
    if given is not None:
        return given
    shown = model.with_initial_data(description=description)
    await shown.asave(keyset_from_base_key(f"suspended-{key}"), UUID(str(flow_run.id)))
    answer = await asuspend_flow_run(wait_for_input=shown, key=key)
    return model(**answer.model_dump())


async def answered(model: type[R], key: str) -> R | None:
    """What was typed under `key`, if anything was."""
    given = await read_flow_run_input(f"suspended-{key}-response", flow_run_id=UUID(str(flow_run.id)))
    return model(**given) if given is not None else None


def waits_for(gate: Gate) -> str:
    """The key the gate's run should be suspended under; empty where it should not be suspended at all."""
    if is_asked(gate):
        return gate.question.key if gate.question else ""
    return f"wait-{gate.sequence}" if gate.state in ("TESTING", "MONITORING") else ""


async def wake(gate: Gate, note: str) -> bool:
    """Resumes the gate's run if it waits for something that is no longer awaited; whether it was resumed."""
    async with get_client() as client:
        try:
            run = await client.read_flow_run(UUID(gate.id))
        except (ObjectNotFound, ValueError):
            return False
        if run.state is None or run.state.name != "Suspended":
            return False
        key = run.state.state_details.pause_key or ""
        if _still_waits(gate, key):
            return False
        answered = await client.resume_flow_run(run.id, run_input=_knock(key, note))
        if answered.status != SetStateStatus.ACCEPT:
            reason = getattr(answered.details, "reason", None) or "Prefect gives no reason"
            get_logger("phasegate").warning("The run of gate %s was not woken: %s", gate.id, reason)
        return answered.status == SetStateStatus.ACCEPT


def _still_waits(gate: Gate, key: str) -> bool:
    """A run waits rightly for a question that stands, and for time to pass while the gate has not moved on."""
    if key.startswith("approval-"):
        return key == waits_for(gate)
    return gate.state in ("TESTING", "MONITORING") and not (
        gate.state == "TESTING" and gate.settled and not gate.tested
    )


def _knock(key: str, note: str) -> dict[str, Any]:
    """An input that decides nothing: nobody can be called so, and a rejection by nobody is not accepted either."""
    if key.startswith("approval-"):
        return {"decision": "reject", "approver": NOBODY, "code": "000000", "reason": note, "confirmed": ""}
    return {"note": note}
