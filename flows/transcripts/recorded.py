"""Recorded replies: what a model once answered about a sample call, for a self-test of the stores without any model."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from blocks.errors import CallError
from flows.transcripts.understanding import Query

MODEL = "recorded-replies"
"""Stands in the record in the place of a model's name."""


class RecordedReplies:
    """Answers the agents' questions from a file: `agent/part` -> answer."""

    def __init__(self, path: Path) -> None:
        self.replies: Mapping[str, Any] = json.loads(path.read_text())

    async def answer(self, query: Query) -> Any:
        name = f"{query.agent.key}/{query.part}"
        if name not in self.replies:
            raise CallError(
                f"There is no recorded reply for {name}.",
                means="the sample, its windows or the agents have changed since the replies were recorded.",
                do="record them anew, or use a real model.",
            )
        return query.answer.model_validate(self.replies[name])
