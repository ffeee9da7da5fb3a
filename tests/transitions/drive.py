"""Runs a deployed gate in this process, leg by leg, on a real Prefect server: each leg ends where the run suspends."""

import contextlib
from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID, uuid4

from prefect import Flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.responses import OrchestrationResult
from prefect.exceptions import Pause
from prefect.flow_engine import run_flow
from prefect.states import Pending, State

from tests import one_loop


class Drive:
    """One run of a deployment. `leg` is what a worker does each time the run is scheduled."""

    def __init__(self, flow: Flow[..., Any], **parameters: Any) -> None:
        self.flow = flow
        self.id: UUID = one_loop.run(self._create(parameters))

    async def _create(self, parameters: Mapping[str, Any]) -> UUID:
        async with get_client() as client:
            deployment = await client.create_deployment(
                flow_id=await client.create_flow(self.flow), name=f"t-{uuid4().hex}", entrypoint="x:y",
                parameter_openapi_schema={"type": "object", "properties": {}}, enforce_parameter_schema=False,
            )  # fmt: skip
            return (await client.create_flow_run_from_deployment(deployment, parameters=dict(parameters))).id

    def leg(self) -> str:
        """The name of the state the run is in when nothing more happens by itself."""
        return one_loop.run(self._leg())

    async def _leg(self) -> str:
        async with get_client() as client:
            await client.set_flow_run_state(self.id, Pending())
            run = await client.read_flow_run(self.id)
        with contextlib.suppress(Pause):
            await cast(Any, run_flow(self.flow, flow_run=run, return_type="state"))
        return (await self._state()).name or ""

    async def _state(self) -> State:
        async with get_client() as client:
            state = (await client.read_flow_run(self.id)).state
        assert state is not None
        return state

    @property
    def key(self) -> str:
        """Key of the question the run is suspended for."""
        return one_loop.run(self._state()).state_details.pause_key or ""

    def resume(self, **run_input: Any) -> OrchestrationResult[Any]:
        """What the form's button does, or the API."""

        async def send() -> OrchestrationResult[Any]:
            async with get_client() as client:
                return await client.resume_flow_run(self.id, run_input=run_input)

        return one_loop.run(send())
