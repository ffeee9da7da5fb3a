"""The stores of the pipeline's tests: the embedded graph for real, Baserow's double, lineups that ask a model double."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.graph import GraphStore
from tests.conftest import SaveModel
from tests.crm.baserow_setting import Setting, crm
from tests.crm.conftest import connected, embedded_facts, graph

__all__ = ["connected", "embedded_facts", "graph"]

SaveTranscriptLineup = Callable[..., str]


@pytest.fixture
def setting() -> Iterator[Setting]:
    """A Baserow double with the five tables in it."""
    with crm() as made:
        yield made


@pytest.fixture
def graph_store(embedded_facts: dict[str, Any]) -> GraphStore:
    """The block of the graph that `graph` looks into."""
    facts = embedded_facts
    return GraphStore(
        uri=facts["uri"], user=facts["user"], password=SecretStr(facts["password"]), database=facts["database"]
    )


@pytest.fixture
def transcript_lineup(save_model: SaveModel) -> SaveTranscriptLineup:
    """Saves a lineup whose agents all ask the double; its name. Other roles and settings as given."""
    from blocks.lineups import TranscriptLineup

    def save(name: str = "double", **fields: Any) -> str:
        model = fields.pop("model", None) or save_model()
        roles = {**dict.fromkeys(TranscriptLineup.roles, model), **fields}
        asyncio.run(TranscriptLineup(**roles).asave(name, overwrite=True))
        return name

    return save


@pytest.fixture
def no_stores(prefect_api: str) -> None:
    """Neither store is configured."""
    from prefect.client.orchestration import get_client

    from blocks.baserow import Baserow
    from blocks.loading import documents_of
    from blocks.stores import STORE

    async def forget() -> None:
        async with get_client() as client:
            for kind in (Baserow, GraphStore):
                if any(document.name == STORE for document in await documents_of(client, kind)):
                    await kind.adelete(STORE)

    asyncio.run(forget())
