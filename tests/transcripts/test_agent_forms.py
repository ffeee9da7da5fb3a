"""The forms and words agents are asked in: bounded, without examples, and what a tiny model may only choose from."""

import asyncio
from typing import Any

import pytest

from flows.transcripts import extraction
from flows.transcripts.agent import SYSTEM, Stretch
from flows.transcripts.agents import AGENTS
from flows.transcripts.choices import choices, finding
from flows.transcripts.understanding import Plan, understand
from tasks.answering.guide import field_guide
from tasks.transcripts.windows import Window, windows
from tests.doubles.model_server.instances import instance
from tests.transcripts.listening import Listener, stretch
from tests.transcripts.scene import ONE_WINDOW, call


def test_a_tiny_model_can_only_choose_what_code_has_found() -> None:
    seen = stretch(picks=True)
    offered = choices(seen.window, None)
    form = extraction.AGENT.window.answer(seen)  # type: ignore[union-attr]
    assert form is not None

    for seed in range(20):
        answer = form.model_validate(instance(form.model_json_schema(), seed))
        for one in extraction.findings(answer, seen):
            assert one.value in {choice.value for choice in offered[one.field]}
        assert extraction.AGENT.window.check(answer, seen) == []  # type: ignore[union-attr]


def test_an_address_in_an_endless_sentence_is_not_offered_for_no_finding_may_quote_that_much() -> None:
    endless = "and so on " * 110 + "so my address is ann lee at northwoods dot example and that is it"
    (window,) = windows(call("1", f"Write to ann@lee.example. {endless}").turns, ONE_WINDOW)
    offered = choices(window, None)["client_email"]

    assert [finding("client_email", choice).value for choice in offered] == ["ann@lee.example"]


def test_what_code_offers_for_the_short_call() -> None:
    offered = {field: [choice.value for choice in found] for field, found in choices(stretch().window, None).items()}

    assert offered["client_phone_number"] == ["+16085550117"]
    assert offered["deal"] == ["380000.00", "3200.00", "800.00"]
    assert offered["marital_status"][0] == "Married"


def test_a_tiny_model_is_not_asked_where_there_is_nothing_to_choose() -> None:
    listener = Listener()
    silent = call("1", "Mhm.")
    (window,) = windows(silent.turns[1:], ONE_WINDOW)
    plan = Plan((window,), frozenset(agent.key for agent in AGENTS))

    asyncio.run(understand(silent, plan, listener, None))

    assert "extraction/window-001" not in listener.names()


@pytest.mark.parametrize("picks", [False, True])
def test_schemas_are_bounded(picks: bool) -> None:
    """A text or list without an end would let a small model write until its limit."""
    for agent in AGENTS:
        forms = [agent.window.answer(stretch(picks))] if agent.window else []
        forms += [agent.whole.answer] if agent.whole else []
        for form in forms:
            assert form is not None
            assert unbounded(form.model_json_schema()) == []


def unbounded(part: Any, path: str = "") -> list[str]:
    if isinstance(part, list):
        return [found for item in part for found in unbounded(item, path)]
    if not isinstance(part, dict):
        return []
    kind = part.get("type")
    open_text = kind == "string" and not {"maxLength", "enum", "const", "pattern"} & set(part)
    found = [path] if open_text or (kind == "array" and "maxItems" not in part) else []
    return found + [one for name, item in part.items() for one in unbounded(item, f"{path}.{name}")]


def test_no_prompt_holds_an_example_that_could_be_given_back() -> None:
    words = [SYSTEM, *(agent.whole.task for agent in AGENTS if agent.whole)]
    words += [agent.window.task(Stretch(Window(0, ()), 1, None, False)) for agent in AGENTS if agent.window]
    words += [field_guide(extraction.Extracted.model_json_schema())]

    assert not any(sign in text for text in words for sign in ("for example", "e.g.", "such as", "$", "@"))
