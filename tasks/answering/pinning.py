"""Pinning a model for a run: reached, and identified by what its provider tells of its weights."""

from contextlib import ExitStack

import httpx

from blocks.models import LanguageModel
from tasks.answering.ask import Model


async def pin(name: str, block: LanguageModel, reached: ExitStack, client: httpx.AsyncClient) -> Model:
    """The model block `name`, reached until `reached` is closed. Raises ServiceError if it cannot be."""
    endpoint = reached.enter_context(block.reach())
    return Model(name, block, endpoint, await block.digest(client, endpoint))
