"""The global concurrency limits of models on the Prefect server: made where they are missing, never changed."""

from collections.abc import Mapping, Sequence

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate
from prefect.client.schemas.objects import BlockDocument
from prefect.exceptions import ObjectAlreadyExists

from blocks.limits import Limit, limits_there, wanted_limits


async def create_limits(client: PrefectClient, models: Mapping[str, Sequence[BlockDocument]]) -> list[str]:
    """The limits every one of these model blocks asks for; the names of those that were missing."""
    present = await limits_there(client)
    created = []
    for name, limit in wanted_limits(models).items():
        if name not in present and await _create(client, name, limit):
            created.append(name)
    return created


async def _create(client: PrefectClient, name: str, limit: Limit) -> bool:
    wanted = GlobalConcurrencyLimitCreate(name=name, limit=limit.slots, slot_decay_per_second=limit.decay, active=True)
    try:
        await client.create_global_concurrency_limit(wanted)
    except ObjectAlreadyExists:  # another bootstrap was faster
        return False
    return True
