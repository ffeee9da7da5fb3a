"""What a call's earlier runs were answered is known again only where the same weights would be asked."""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import pytest
from sqlalchemy import Engine

from flows.transcripts import summary
from flows.transcripts.run import TranscriptRun
from flows.transcripts.understanding import Query
from tasks.answering.ask import Asking, Model
from tasks.answering.pinning import pin
from tasks.records.runs import RunStart
from tasks.records.transcripts import earlier_answers
from tests.answering.setting import TERN, Bird, ollama, on_asking
from tests.doubles.model_server import ModelServer, catalogue
from tests.transcripts.scene import NOW, begin, call

QUERY = Query(summary.AGENT, "whole", "Describe a bird.\n\n# Task: Summary", Bird, 400, lambda _: ())
HOSTED = catalogue.SMOL
KEY = "10000001"


def answer(models: ModelServer, database: Engine, run_id: str, away: bool) -> int:
    """Answers the query in one run, whose model's host is `away` as it is pinned; how many requests that took."""
    before = len(models.requests)
    start = RunStart(id=run_id, pipeline="transcripts", environment="test", purpose="user", lineup={}, models={}, input={},
                     started_at=NOW)  # fmt: skip

    async def work(asking: Asking, _: Model) -> Any:
        with ExitStack() as reached:
            if away:
                models.withdraw(HOSTED.name)
            model = await pin("smol", ollama(models), reached, asking.client)
            models.host(HOSTED)
            known = earlier_answers(database, KEY)
            run = TranscriptRun(start=start, database=database, asking=asking, models={QUERY.agent.key: model},
                                filename=f"{KEY}.txt", earlier=known)  # fmt: skip
            return await run.answer(QUERY)

    assert on_asking(ollama(models), work) == Bird.model_validate(TERN)
    return len(models.requests) - before


@pytest.mark.parametrize(
    ("away", "asked"),
    [((False, False), [1, 0]), ((True, True), [1, 1]), ((True, False), [1, 1])],
    ids=["identified", "never identified", "identified later"],
)
def test_answers_of_weights_nobody_knows_are_not_those_of_another_run(
    away: Sequence[bool], asked: list[int], models: ModelServer, database: Engine
) -> None:
    models.answer = lambda request: TERN
    for run_id in ("first", "second"):
        begin(database, run_id, call(KEY), NOW)

    assert [answer(models, database, run, gone) for run, gone in zip(("first", "second"), away, strict=True)] == asked


def test_the_same_run_taken_up_again_finds_what_they_answered(models: ModelServer, database: Engine) -> None:
    models.answer = lambda request: TERN
    begin(database, "first", call(KEY), NOW)

    assert [answer(models, database, "first", away=True) for _ in range(2)] == [1, 0]
