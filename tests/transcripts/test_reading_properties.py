"""Whatever the text: a transcript or a TranscriptError, and turns that survive being written and read again."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blocks.errors import TranscriptError
from tasks.reports.text import escape_markdown, for_csv, shortened
from tasks.transcripts.normalise.dates import parse_moment
from tasks.transcripts.normalise.emails import find_emails
from tasks.transcripts.normalise.money import find_sums
from tasks.transcripts.normalise.phones import find_phones
from tasks.transcripts.reading import read_file, read_text
from tasks.transcripts.transcript import Turn
from tests.transcripts.strategies import TURN_LISTS

LINES = st.sampled_from(
    ["[00:00:01] Ann: hi", "00:00:02 - Bo", "  said", "WEBVTT", "1", "00:01.000 --> 00:02.000", "[99:99:99] x", "\r", "70944126"]
) | st.text(max_size=40)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(LINES, max_size=12).map("\n".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(TranscriptError):
        assert all(turn.text.strip() == turn.text != "" for turn in read_text(text).turns)


@pytest.mark.parametrize("suffix", [".txt", ".vtt", ".srt"])
@settings(deadline=None)
@given(data=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes, suffix: str) -> None:
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    path.write_bytes(data)
    with contextlib.suppress(TranscriptError):
        assert read_file(path).turns


@settings(max_examples=50, deadline=None)
@given(TURN_LISTS)
def test_turns_written_as_lines_are_read_as_the_same_turns(turns: list[Turn]) -> None:
    assert list(read_text("\n".join(turn.line for turn in turns)).turns) == turns


@settings(max_examples=50, deadline=None)
@given(TURN_LISTS)
def test_turns_in_the_dashed_syntax_are_the_same_turns(turns: list[Turn]) -> None:
    text = "\n".join(f"{turn.timestamp} - {turn.speaker}\n  {turn.text}" for turn in turns)

    assert list(read_text(text).turns) == turns


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_finders_and_displays_take_any_text(text: str) -> None:
    found = [(one.start, one.end) for find in (find_emails, find_sums, find_phones) for one in find(text)]
    assert all(0 <= start < end <= len(text) for start, end in found)
    parse_moment(text, None)
    for show in (escape_markdown, shortened, for_csv):
        assert "\n" not in show(text)
