"""Block types and default documents on a Prefect server; safe to run again, changing nothing a person changed."""

from collections.abc import Mapping

from prefect.blocks.core import Block

from blocks.catalogue import default_lineups, default_models
from blocks.lineups import GeneratorLineup
from blocks.loading import documents_of
from blocks.models import PROVIDERS

KINDS: tuple[type[Block], ...] = (*PROVIDERS, GeneratorLineup)


async def register_blocks() -> list[str]:
    """Registers every block type and creates the default documents that are not there yet; what was created."""
    from prefect.client.orchestration import get_client

    for kind in KINDS:
        await kind.aregister_type_and_schema()
    async with get_client() as client:
        present = {(kind, document.name) for kind in KINDS for document in await documents_of(client, kind)}
    return await _create(default_models(), present) + await _create(default_lineups(), present)


async def _create(wanted: Mapping[str, Block], present: set[tuple[type[Block], str | None]]) -> list[str]:
    created = []
    for name, block in wanted.items():
        if (type(block), name) not in present:
            await block.asave(name)
            created.append(f"{type(block).get_block_type_name()} / {name}")
    return created
