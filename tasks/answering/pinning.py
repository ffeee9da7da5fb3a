"""Pinning a model for a run: reached, and identified by what its provider tells of its weights."""

from contextlib import ExitStack

import httpx

from blocks.errors import CallError, PhasegateError
from blocks.models import LanguageModel
from tasks.answering.ask import Model


async def pin(name: str, block: LanguageModel, reached: ExitStack, client: httpx.AsyncClient) -> Model:
    """The model block `name`, reached until `reached` is closed. Raises PhasegateError if the block cannot be used.

    A server that does not answer, or has not the model, stops nobody who does not ask it: whoever does gets its error as
    that of a call, which is tried again, recorded and counted like any other.
    """
    try:
        endpoint = reached.enter_context(block.reach())
    except PhasegateError as error:
        raise error.within(f"The model block {name!r}") from None
    try:
        return Model(name, block, endpoint, await block.digest(client, endpoint))
    except CallError as error:
        return Model(name, block, endpoint, unidentified=error)
