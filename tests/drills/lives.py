"""What the processes of a drill do: a command as somebody types it, a flow run as a worker carries it out.

They are forked from a process that has imported everything and has no threads, so that a life costs no start-up time
and two hundred can be ended in minutes.
"""

import asyncio
import contextlib
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.exceptions import Pause
from prefect.flow_engine import run_flow
from prefect.states import Pending

import flows.transitions.world
from deployments.command_line import main
from flows.generator.generate import generate
from flows.transcripts.batch import process_folder
from tests.drills.short_gate import gate
from tests.transitions.shortened import Shifted

FLOWS: dict[str, Any] = {"generator": generate, "transcripts": process_folder, "gate": gate}


def command(home: str, log: str, shift: timedelta, *words: str) -> None:
    """`phasegate` with these words."""
    _begin(home, log, shift)
    sys.argv = ["phasegate", *words]
    main()


def carry_out(home: str, log: str, shift: timedelta, name: str, run: UUID) -> None:
    """What a worker's process does with a flow run; also with one whose process was killed before."""
    _begin(home, log, shift)
    state = asyncio.run(_carry_out(FLOWS[name], run))
    sys.stdout.write(f"{name}: {state or 'suspended'}\n")  # for whoever asks why work does not come to its end
    sys.exit(0 if state is None or state.is_completed() else 1)


async def _carry_out(flow: Any, run_id: UUID) -> Any:
    async with get_client() as client:
        await client.set_flow_run_state(run_id, Pending(), force=True)
        run = await client.read_flow_run(run_id)
    with contextlib.suppress(Pause):
        return await cast(Any, run_flow(flow, flow_run=run, parameters=run.parameters, return_type="state"))


def _begin(home: str, log: str, shift: timedelta) -> None:
    """The state folder, where it prints, and how far the clock is ahead."""
    os.environ["PHASEGATE_HOME"] = home
    printed = os.open(Path(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(printed, stream)
    flows.transitions.world.utc_now = Shifted(shift)
