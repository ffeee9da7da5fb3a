"""Whether a prompt fits, before anything is sent."""

from dataclasses import replace

import pytest

from blocks.errors import PromptTooLongError
from blocks.models import OllamaModel
from tasks.answering.limits import SPARE_TOKENS, characters_left, require_fit, room
from tasks.answering.tokens import estimate_tokens
from tests.answering.setting import QUESTION

MODEL = OllamaModel(model="smol", context_window=2000, max_output_tokens=500)


def asking(prompt_tokens: int, answer_tokens: int) -> None:
    question = replace(QUESTION, system="", user="x" * int(prompt_tokens * 3.5), max_tokens=answer_tokens)
    require_fit(MODEL, question, "small")


def test_the_estimate_is_rounded_up() -> None:
    assert [estimate_tokens(text) for text in ("", "tern", "a" * 7, "a" * 3500)] == [0, 2, 2, 1000]


@pytest.mark.parametrize(("text", "tokens"), [("診療所", 5), ("é", 1), ("🐦", 2), ("Клиника", 7), ("tern \udcff", 3)])
def test_other_scripts_take_more_tokens_than_latin(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == tokens


def test_prompt_answer_and_spare_fill_the_window() -> None:
    asking(1500, 2000 - 1500 - SPARE_TOKENS)
    with pytest.raises(PromptTooLongError):
        asking(1500, 2000 - 1500 - SPARE_TOKENS + 1)


def test_the_system_message_counts_too() -> None:
    with pytest.raises(PromptTooLongError):
        require_fit(MODEL, replace(QUESTION, system="x" * 7000), "small")


def test_the_refusal_names_block_numbers_and_way_out() -> None:
    with pytest.raises(PromptTooLongError) as refused:
        asking(3000, 400)
    assert str(refused.value) == (
        "The prompt of bird needs about 3,000 tokens and its answer up to 400; the model block 'small' has a window of "
        "2,000.\nIt means: nothing was sent: a cut prompt gives a wrong answer without any error.\n"
        "Next: name a model with a larger window for this role in the lineup, or shorten the input."
    )


def test_no_more_is_asked_for_than_the_model_gives() -> None:
    assert (room(MODEL, 400), room(MODEL, 4000)) == (400, 500)


def test_what_is_left_is_what_still_fits() -> None:
    left = characters_left(MODEL, QUESTION)
    longer = replace(QUESTION, user=QUESTION.user + "x" * (left - 4))
    require_fit(MODEL, longer, "small")
    assert characters_left(MODEL, longer) < 8
    assert characters_left(MODEL, replace(QUESTION, user="x" * 9000)) < 0
