"""Block types and default documents on a Prefect server; safe to run again, changing nothing a person changed."""

from collections.abc import Mapping

from prefect.blocks.core import Block

from blocks.approvers import Approver
from blocks.baserow import Baserow
from blocks.catalogue import default_lineups, default_models, default_stores, default_transcript_lineups
from blocks.graph import GraphStore
from blocks.lineups import GeneratorLineup, TranscriptLineup
from blocks.loading import documents_of
from blocks.models import PROVIDERS

KINDS: tuple[type[Block], ...] = (*PROVIDERS, GeneratorLineup, TranscriptLineup, Baserow, GraphStore, Approver)


async def register_blocks() -> list[str]:
    """Registers every block type and creates the default documents that are not there yet; what was created."""
    from prefect.client.orchestration import get_client

    for kind in KINDS:
        await kind.aregister_type_and_schema()
    async with get_client() as client:
        present = {(kind, document.name) for kind in KINDS for document in await documents_of(client, kind)}
    wanted = (default_models(), default_lineups(), default_transcript_lineups(), default_stores())
    return [name for blocks in wanted for name in await _create(blocks, present)]


async def _create(wanted: Mapping[str, Block], present: set[tuple[type[Block], str | None]]) -> list[str]:
    created = []
    for name, block in wanted.items():
        if (type(block), name) not in present:
            await block.asave(name)
            created.append(f"{type(block).get_block_type_name()} / {name}")
    return created
