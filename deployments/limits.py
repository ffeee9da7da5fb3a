"""The global concurrency limits of models on the Prefect server: made where they are missing, never changed."""

from collections.abc import Mapping, Sequence

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate
from prefect.client.schemas.objects import BlockDocument
from prefect.exceptions import ObjectAlreadyExists

from blocks.limits import limits_there, wanted_limits


async def create_limits(client: PrefectClient, models: Mapping[str, Sequence[BlockDocument]]) -> list[str]:
    """A limit for every one of these model blocks, as high as the block's `concurrency`; the names of those that were missing."""
    present = await limits_there(client)
    created = []
    for name, most in wanted_limits(models).items():
        if name not in present and await _create(client, name, most):
            created.append(name)
    return created


async def _create(client: PrefectClient, name: str, most: int) -> bool:
    try:
        await client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=name, limit=most, active=True))
    except ObjectAlreadyExists:  # another bootstrap was faster
        return False
    return True
