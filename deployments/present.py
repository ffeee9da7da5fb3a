"""Which deployments on a Prefect server are phasegate's, and what of them the catalogue has no more.

Prefect knows a deployment by its flow and its name together, so that is how they are told apart here: a person may replace
every tag, and the same name under another flow is another deployment.
"""

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.responses import DeploymentResponse

from deployments.catalogue import Deployment
from deployments.merging import LABEL
from flows.operations.tags import OURS

PAGE = 200

Key = tuple[str, str]
"""Names of the flow and of the deployment."""


async def deployments_there(client: PrefectClient, catalogue: Collection[Key]) -> dict[Key, DeploymentResponse]:
    """Every deployment of ours on the server."""
    flows = await _flows(client)
    found: dict[UUID, DeploymentResponse] = {}
    while page := await client.read_deployments(limit=PAGE, offset=len(found)):
        found |= {one.id: one for one in page}
        if len(page) < PAGE:
            break
    return ours(found.values(), flows, catalogue)


def ours(
    found: Iterable[DeploymentResponse], flows: Mapping[UUID, str], catalogue: Collection[Key]
) -> dict[Key, DeploymentResponse]:
    """Those of the catalogue, and those that bear our tag or our label; `flows` are the names of all flows."""
    keys = {(flows.get(one.flow_id, ""), one.name): one for one in found}
    return {key: one for key, one in keys.items() if key in catalogue or OURS in one.tags or LABEL in one.labels}


async def _flows(client: PrefectClient) -> dict[UUID, str]:
    found: dict[UUID, str] = {}
    while page := await client.read_flows(limit=PAGE, offset=len(found)):
        found |= {one.id: one.name for one in page}
        if len(page) < PAGE:
            break
    return found


def strangers(there: Mapping[Key, DeploymentResponse], catalogue: Mapping[Key, Deployment]) -> list[str]:
    """What is ours and not in the catalogue. A schedule made in the UI has no slug and is a person's."""
    gone = [f"deployment {f'{flow}/{name}'!r}" for flow, name in there if (flow, name) not in catalogue]
    old = [
        f"schedule {schedule.slug!r} of {key[1]!r}"
        for key, entry in catalogue.items() if key in there
        for schedule in there[key].schedules if schedule.slug and schedule.slug not in {one.slug for one in entry.schedules}
    ]  # fmt: skip
    return sorted(gone) + sorted(old)
