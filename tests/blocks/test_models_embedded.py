"""The embedded model: what is sent to it, and the real one at work."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from blocks.local_process import SharedProcess, stop
from blocks.models import EmbeddedModel
from blocks.models.embedded_weights import SHA256
from blocks.models.wire import Endpoint
from flows.generator.market_analysis import STAGE
from tasks.answering.ask import Asking, Model
from tasks.answering.call import Asked
from tasks.answering.transport import new_client
from tests.answering.setting import PROSE, QUESTION, classes
from tests.conftest import SESSION

PLACE = Endpoint("http://127.0.0.1:1")
BLOCK = EmbeddedModel(context_window=2048, text_limit=12)
"""Its texts are as short as can be: a test waits for the form, not for the words."""


def grammar_of(block: EmbeddedModel) -> dict[str, Any]:
    """The schema in the grammar that is sent."""
    grammar = block.request(QUESTION, PLACE).body["grammar"]
    schema: dict[str, Any] = json.loads(grammar.split("%json ", 1)[1])
    return schema


def test_the_schema_goes_as_a_grammar_and_shortened() -> None:
    assert grammar_of(EmbeddedModel(text_limit=30))["properties"]["name"]["maxLength"] == 30
    assert grammar_of(EmbeddedModel(text_limit=2000))["properties"]["name"]["maxLength"] == 40
    assert "response_format" not in BLOCK.request(QUESTION, PLACE).body


def test_nothing_is_left_to_the_servers_defaults() -> None:
    sent = BLOCK.request(PROSE, PLACE).body
    assert (sent["max_tokens"], sent["temperature"], sent["seed"], sent["stream"]) == (400, 0.3, 11, False)
    assert "grammar" not in sent


def test_its_text_is_known_to_be_worthless() -> None:
    assert "not advice" in (EmbeddedModel.get_description() or "")


# For real -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo() -> Iterator[EmbeddedModel]:
    """The real model, its weights fetched once for all tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHASEGATE_HOME", str(SESSION))
        with BLOCK.reach():
            yield BLOCK
        running = SharedProcess("embedded-model-1-2-2048", lambda place: []).running()
        if running:
            stop(running["pid"])


def ask_it(demo: EmbeddedModel, monkeypatch: pytest.MonkeyPatch, *questions: Any) -> list[Asked[Any]]:
    """Asks for each question's type, or for prose where that is None."""
    monkeypatch.setenv("PHASEGATE_HOME", str(SESSION))

    async def run() -> list[Asked[Any]]:
        with demo.reach() as endpoint:
            async with new_client() as client:
                asking, model = Asking(client), Model("demo", demo, endpoint, await demo.digest(client, endpoint))
                assert model.digest == SHA256
                return [
                    await (asking.typed(model, question, wanted) if wanted else asking.prose(model, question))
                    for question, wanted in questions
                ]

    return asyncio.run(run())


@pytest.mark.model
@pytest.mark.timeout(600)
def test_it_answers_by_schema_and_in_prose_and_refuses_too_long_a_prompt(
    demo: EmbeddedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage_1 = replace(
        PROSE, user="A bakery in a small town sells bread to cafés.", max_tokens=900, name="market-analysis",
        schema=STAGE.answer.model_json_schema(),
    )  # fmt: skip
    prose = replace(PROSE, user="Say something about bread.", max_tokens=16)
    too_long = replace(PROSE, user="1234567890 " * 480, max_tokens=100)

    typed, told, refused = ask_it(demo, monkeypatch, (stage_1, STAGE.answer), (prose, None), (too_long, None))

    assert isinstance(typed.value, STAGE.answer)
    assert (typed.outcome, typed.truncated) == ("first_pass", False)
    assert typed.completion_tokens is not None
    assert isinstance(told.value, str)
    assert told.completion_tokens is not None
    assert told.completion_tokens <= 16
    assert classes(refused) == ["context_exceeded"]
    assert "use a model with a larger window or shorten the input" in str(refused.error)
