"""A gate on a real server, brought to the question it asks people, and what an approver types."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from flows.transitions.reading import read_gate
from flows.transitions.watch import watch
from flows.transitions.world import World
from tasks.judging.observations import Arm, Call
from tests.browser.ui import Classic, Newer
from tests.house import House
from tests.transitions.records import store_calls
from tests.transitions.shortened import POLICY, ROLES

SECONDS = 3


def awaiting_approval(house: House, world: World) -> UUID:
    """The run of a gate which is suspended until somebody decides."""
    for kind in ("baseline", "drilled"):
        world.record(kind, "tester", {"pipeline": "generator", "lineup": "production", "passed": True})
    # So that the plan knows that a run takes no time.
    _called(world, "incumbent", datetime.now(UTC), environment="production")
    gate = house.run(
        "gate/gate",
        phase="generator-1",
        by="ada",
        target="candidate",
        policy={**POLICY, "window": f"PT{SECONDS}S"},
    )
    house.until(gate, "Suspended", key="wait-")
    since = read_gate(world, str(gate)).since
    _called(world, "candidate", since + timedelta(seconds=1))  # inside the window, however slow this machine is
    time.sleep(max(0.0, since.timestamp() + SECONDS - time.time()))
    house.do(watch)
    house.until(gate, "Suspended", key="approval-")
    return gate


def _called(world: World, arm: Arm, at: datetime, **given: Any) -> None:
    """Four good calls of each stage."""
    made = [
        Call(role=role, arm=arm, at=at, run_id=f"{arm}-{role}-{n}", failed=False, score=99, seconds=0.01)
        for role in ROLES
        for n in range(4)
    ]
    store_calls(world.database, made, first=100 * (arm == "candidate"), model_block=arm, **given)


def type_decision(ui: Classic | Newer, code: str) -> None:
    typed = {
        "Decision": "approve", "Your name": "grace", "One-time code": code,
        "Reason": "Read the proofs and the outputs of three stages.", "Confirmed checklist items": "all",
    }  # fmt: skip
    for title, text in typed.items():
        ui.field(title).fill(text)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"
