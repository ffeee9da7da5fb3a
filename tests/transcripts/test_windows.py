"""Windows cover the whole transcript: every turn once, none over the budget."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine

from blocks.errors import PromptTooLongError, TranscriptError
from blocks.lineups import TranscriptLineup
from blocks.models import EmbeddedModel, LanguageModel, OllamaModel
from blocks.models.wire import Endpoint
from flows.transcripts.run import TranscriptRun
from flows.transcripts.understanding import windows_fit
from tasks.answering.ask import Asking, Model
from tasks.answering.tokens import estimate_tokens
from tasks.answering.transport import new_client
from tasks.records.runs import RunStart
from tasks.transcripts.reading import read_file, read_text
from tasks.transcripts.transcript import Turn
from tasks.transcripts.windows import windows
from tests.transcripts.perfect import DATA, sample
from tests.transcripts.scene import NOW
from tests.transcripts.strategies import TURN_LISTS


@settings(max_examples=50)
@given(TURN_LISTS, st.integers(150, 400))  # the longest name takes about a hundred tokens
def test_every_turn_is_in_exactly_one_window_whole(turns: list[Turn], budget: int) -> None:
    cut = windows(turns, budget)

    pieces = [piece for window in cut for piece in window.pieces]
    said = ["".join(piece.text for piece in pieces if piece.turn == index) for index in range(len(turns))]
    assert said == [turn.text for turn in turns]
    assert [piece.turn for piece in pieces] == sorted(piece.turn for piece in pieces)
    assert all(estimate_tokens(window.text) <= budget for window in cut)


def test_a_short_transcript_is_one_window_that_reads_like_the_file() -> None:
    transcript = sample("short")

    (window,) = windows(transcript.turns, 4_000)

    assert window.text in transcript.text


def test_a_long_transcript_is_cut_between_turns() -> None:
    turns = sample("long").turns

    cut = windows(turns, 4_000)

    assert 6 <= len(cut) <= 9
    assert sum(len(window.pieces) for window in cut) == len(turns)


def test_an_over_long_turn_is_split_at_blanks_and_marked() -> None:
    turn = Turn(timestamp="00:01:00", speaker="Ann", text="word " * 200 + "end")

    lines = [window.text for window in windows([turn], 100)]

    assert lines[0].startswith("[00:01:00] Ann (part 1 of ")
    assert all(line.endswith("word") for line in lines[:-1])
    assert lines[-1].endswith("end")


def test_one_huge_word_is_split_as_well() -> None:
    turn = Turn(timestamp="00:01:00", speaker=None, text="x" * 5_000)

    assert "".join(piece.text for window in windows([turn], 200) for piece in window.pieces) == turn.text


def test_the_given_estimate_decides() -> None:
    turns = [Turn(timestamp="00:00:01", speaker="Ann", text="one two")] * 6

    assert len(windows(turns, 8, lambda text: len(text.split()))) == 3


def test_a_budget_that_holds_nothing_is_an_error() -> None:
    with pytest.raises(PromptTooLongError, match="cannot hold a word of Ann"):
        windows([Turn(timestamp="00:00:01", speaker="Ann", text="hello there")], 5)


def test_reading_and_cutting_a_70_minute_call_takes_less_than_a_tenth_of_a_second() -> None:
    def once() -> float:
        start = time.perf_counter()
        windows(read_file(DATA / "long.txt").turns, 4_000)
        return time.perf_counter() - start

    assert min(once() for _ in range(5)) < 0.1


def test_ten_megabytes_of_one_word_are_refused_at_once() -> None:
    start = time.perf_counter()
    with pytest.raises(TranscriptError, match="longer than"):
        read_text("a" * 10_000_000)
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize("block", [EmbeddedModel(), OllamaModel(model="mistral:7b", context_window=8192)])
def test_a_call_full_of_what_code_finds_is_cut_into_windows_whose_questions_fit(block: LanguageModel) -> None:
    call = read_text("\n".join(f"[00:{turn:02}:00] Ann Lee: {rambling(turn)}" for turn in range(60)))
    run = of_models(block)

    plan = run.plan(call)

    assert windows_fit(call, plan)
    assert [piece.turn for window in plan.windows for piece in window.pieces] == list(range(60))


def rambling(turn: int) -> str:
    """A sentence that is a product, an objection, a next step and a meeting at once."""
    return (
        f"I'll say about number {turn} that the living trust with the pour-over will is a lot of money for the two of us, and "
        "my husband says that we wait until Tuesday at two and talk to our lawyer in Ohio before we sign a thing with you"
    )


def of_models(block: LanguageModel) -> TranscriptRun:
    """A run whose agents are all served by a model that nobody reaches."""
    start = RunStart(
        id="run", pipeline="transcripts", environment="test", purpose="user", models={}, input={}, started_at=NOW,
        lineup={"settings": {"window_tokens": 4_000}},
    )  # fmt: skip
    model = Model("block", block, Endpoint("http://127.0.0.1:9"))
    return TranscriptRun(
        start=start, database=create_engine("sqlite://"), asking=Asking(new_client()), filename="call.txt",
        models=dict.fromkeys(TranscriptLineup.roles, model),
    )  # fmt: skip
