"""Where calls are projected to: the Baserow and graph blocks named `crm`, as far as somebody has made them."""

from dataclasses import dataclass
from typing import TypeVar

from prefect.blocks.core import Block
from prefect.client.orchestration import get_client

from blocks.baserow import Baserow
from blocks.graph import GraphStore
from blocks.loading import Documents, documents_by_kind, load_document

STORE = "crm"
"""Name of the block documents."""

B = TypeVar("B", bound=Block)


@dataclass(frozen=True)
class Stores:
    """None where nobody has configured one."""

    baserow: Baserow | None = None
    graph: GraphStore | None = None


async def load_stores() -> Stores:
    """The stores as they are configured now. Raises ConfigurationError if a block holds values that do not fit."""
    async with get_client() as client:
        documents = await documents_by_kind(client, [Baserow, GraphStore])
    return Stores(store_in(documents, Baserow), store_in(documents, GraphStore))


def store_in(documents: Documents, kind: type[B]) -> B | None:
    """The store of this kind among the documents; None if nobody has configured one. Raises ConfigurationError."""
    document = next((one for one in documents[kind] if one.name == STORE), None)
    if document is None:
        return None
    loaded = load_document(document)
    assert isinstance(loaded, kind)
    return loaded
