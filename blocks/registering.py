"""Block types and default documents on a Prefect server; safe to run again, changing nothing a person changed."""

import asyncio
from collections.abc import Mapping

from prefect.blocks.core import Block
from prefect.client.orchestration import PrefectClient, get_client

from blocks.approvers import Approver
from blocks.baserow import Baserow
from blocks.catalogue import default_lineups, default_models, default_stores, default_transcript_lineups
from blocks.graph import GraphStore
from blocks.lineups import GeneratorLineup, TranscriptLineup
from blocks.loading import documents_by_kind
from blocks.models import PROVIDERS

KINDS: tuple[type[Block], ...] = (*PROVIDERS, GeneratorLineup, TranscriptLineup, Baserow, GraphStore, Approver)


async def register_blocks() -> list[str]:
    """Registers every block type and creates the default documents that are not there yet; what was created."""
    wanted = (default_models(), default_lineups(), default_transcript_lineups(), default_stores())
    async with get_client() as client:
        await asyncio.gather(*(kind.aregister_type_and_schema(client=client) for kind in KINDS))
        there = await documents_by_kind(client, KINDS)
        present = {(kind, document.name) for kind, documents in there.items() for document in documents}
        return [name for blocks in wanted for name in await _create(client, blocks, present)]


async def _create(
    client: PrefectClient, wanted: Mapping[str, Block], present: set[tuple[type[Block], str | None]]
) -> list[str]:
    created = []
    for name, block in wanted.items():
        if (type(block), name) not in present:
            await block.asave(name, client=client)
            created.append(f"{type(block).get_block_type_name()} / {name}")
    return created
