"""Agents at a window of the short sample call, without a model: who is asked what."""

import asyncio
from typing import Any

from blocks.errors import CallError
from flows.transcripts.agent import Stretch
from flows.transcripts.samples import SHORT
from flows.transcripts.understanding import Query
from tasks.transcripts.reading import read_file
from tasks.transcripts.windows import windows
from tests.doubles.model_server.instances import instance
from tests.transcripts.scene import ONE_WINDOW

CALL = read_file(SHORT)


def stretch(picks: bool = False) -> Stretch:
    (window,) = windows(CALL.turns, ONE_WINDOW)
    return Stretch(window, 1, None, picks)


class Listener:
    """Asks nobody: notes the questions and gives an answer of their form."""

    def __init__(self, fail: str = "") -> None:
        self.asked: list[Query] = []
        self.fail = fail

    async def __call__(self, query: Query) -> Any:
        self.asked.append(query)
        if query.agent.key == self.fail:
            raise CallError("There is no answer.")
        await asyncio.sleep(0)
        return query.answer.model_validate(instance(query.answer.model_json_schema(), len(self.asked)))

    def names(self) -> list[str]:
        return [f"{query.agent.key}/{query.part}" for query in self.asked]
