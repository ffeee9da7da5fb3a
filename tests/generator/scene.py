"""Runs of the generator against the double, and what they left in the records."""

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping

from flows.generator.generate import generate
from flows.generator.report_synthesis import SECTIONS
from flows.generator.stages import STAGES
from tasks.records import runs
from tasks.records.database import engine
from tests import one_loop
from tests.doubles.model_server import AskedRequest, ModelServer, faults
from tests.generator import examples

PARTS = len(SECTIONS) + 1
"""Questions of the report: its outline and its sections."""
BROKEN = faults.http_error(400, "This model is out of order.")
QUESTIONS = len(STAGES) - 1 + PARTS


def run_generator(lineup: str, given: Any = "sample", **parameters: Any) -> str:
    """The id of a completed run; what goes wrong is raised."""
    brief = examples.sample() if given == "sample" else given
    return one_loop.run(generate(brief, lineup=lineup, **parameters))


def go_on(earlier: str, lineup: str, **parameters: Any) -> str:
    """A run that goes on from an earlier one."""
    return run_generator(lineup, None, continue_run=earlier, **parameters)


def asked(request: AskedRequest) -> str:
    """Which question a request is: a stage's key, or `report_synthesis-` and the part's."""
    if form := request.body.get("response_format"):
        return str(form["json_schema"]["name"])
    section = next(one for one in SECTIONS if f"Write the section '{one.title}'" in request.user)
    return f"report_synthesis-{section.key}"


def asks(*names: str) -> Any:
    """A condition for the double's faults: the request is one of these questions."""
    return lambda request: asked(request) in names


REPORT = {"report_synthesis-outline", *(f"report_synthesis-{section.key}" for section in SECTIONS)}


def questions(*stages: str) -> set[str]:
    """The questions these stages ask, the report's parts for the report."""
    return {name for key in stages for name in (REPORT if key == "report_synthesis" else {key})}


def newest_run() -> RowMapping:
    """The run that began last, whatever became of it."""
    from sqlalchemy import select

    from tasks.records.tables import runs as table

    with engine().connect() as connection:
        return connection.execute(select(table).order_by(table.c.started_at.desc())).mappings().first() or {}  # type: ignore[return-value]


def steps(run_id: str) -> Mapping[tuple[str, str], tuple[runs.Step, Any]]:
    return runs.read_steps(engine(), run_id)


def outputs(run_id: str) -> dict[str, Any]:
    """Stage key -> output of a run."""
    return {role: body for (role, part), (_, body) in steps(run_id).items() if not part}


def sources(run_id: str) -> dict[str, str]:
    """Stage key -> asked, reused or overridden."""
    return {role: step.source for (role, part), (step, _) in steps(run_id).items() if not part}


def calls(run_id: str) -> dict[str, RowMapping]:
    """Question -> its call."""
    return {"-".join(filter(None, (row["role"], row["part"]))): row for row in runs.read_calls(engine(), run_id)}


def new_id() -> str:
    return str(uuid.uuid4())


def asked_set(models: ModelServer) -> set[str]:
    names = [asked(request) for request in models.requests]
    assert len(names) == len(set(names)), "something was asked twice"
    return set(names)


def planned(flow: Any, parameters: dict[str, Any]) -> str:
    """The id of a flow run that is yet to start."""
    from prefect.client.orchestration import get_client

    async def create() -> str:
        async with get_client() as client:
            return str((await client.create_flow_run(flow, parameters=parameters)).id)

    return one_loop.run(create())


def again(flow: Any, flow_run_id: str) -> Any:
    """Runs a flow run under its own id, as a worker does after a crash."""
    from uuid import UUID

    from prefect.client.orchestration import get_client
    from prefect.flow_engine import run_flow
    from prefect.states import Pending

    async def go() -> Any:
        async with get_client() as client:
            await client.set_flow_run_state(UUID(flow_run_id), Pending(), force=True)
            flow_run = await client.read_flow_run(UUID(flow_run_id))
        return await run_flow(flow, flow_run=flow_run, parameters=flow_run.parameters, return_type="result")

    return one_loop.run(go())
