"""A file, a folder or pasted text becomes a whole transcript or a clear error."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tasks.transcripts.reading import read_file, read_text
from tasks.transcripts.transcript import Header, without_header
from tests.transcripts.perfect import DATA, sample

FULL = Header(
    title="Hanna Brandt: Estate Planning Advisor Meeting",
    client_name="Hanna Brandt",
    client_email="hanna.brandt@example.net",
    started_at=datetime(2026, 5, 6, 15, tzinfo=UTC),
    transcript_id="81234567",
    url="https://video.example/calls/700100200",
    duration_minutes=Decimal("65.63"),
)
LAYOUTS = {
    "compact": {"duration_minutes": None},
    "alternate_blanks": {},
    "blank_after_every_line": {},
    "other_order_without_id": {"transcript_id": None},
    "no_email_line": {"client_email": None},
    "no_title": {"title": None, "url": None, "duration_minutes": None},
    "no_header": dict.fromkeys(set(Header.model_fields) - {"other"}),
}
ONE_TURN = "[00:00:01] Ann: Hello.\n"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_header_lines_are_known_by_their_shape(layout: str) -> None:
    expected = FULL.model_copy(update=LAYOUTS[layout])
    if layout == "no_title":  # the first line is a speaker's name, so it is the client and not the title
        expected = expected.model_copy(update={"title": None, "client_name": "Hanna Brandt"})

    assert read_file(DATA / "headers" / f"{layout}.txt").header == expected


@pytest.mark.parametrize("file", sorted((DATA / "syntax").iterdir()), ids=lambda path: path.name)
def test_every_syntax_gives_the_same_turns(file: Path) -> None:
    turns = read_file(file).turns

    assert [(turn.timestamp, turn.speaker, turn.text) for turn in turns] == [
        ("00:04:18", "Hanna Brandt", "We own the house and a small cottage."),
        ("00:04:25", "Milo Serrano", "Lovely."),
    ]


def test_samples_are_read_wholly() -> None:
    short, long = sample("short"), sample("long")

    assert (short.transcript_id, len(short.turns)) == ("70944126", 8)
    assert (long.transcript_id, len(long.turns)) == ("73318204", 778)


def test_a_header_without_an_email_keeps_everything_behind_it() -> None:
    header = sample("long").header

    assert header.client_email is None
    assert (header.transcript_id, header.duration_minutes) == ("73318204", Decimal("70.4"))


def test_a_start_with_an_offset_is_kept_in_utc() -> None:
    header = read_text(f"2026-05-06T10:00:00-05:00\n{ONE_TURN}").header

    assert header.started_at == datetime(2026, 5, 6, 15, tzinfo=UTC)
    assert header.started_at.tzinfo == UTC


def test_a_day_that_does_not_exist_is_no_start() -> None:
    header = read_text(f"Ann Lee: A Meeting\n2026-02-31T10:00:00Z\n{ONE_TURN}").header

    assert (header.started_at, header.other) == (None, ("2026-02-31T10:00:00Z",))


@pytest.mark.parametrize(
    "line",
    [
        "2026-05-06",
        "2026-05-06T15:00:00",
        "2026-05-06 15:00",
        "May 6, 2026",
        "Wednesday, May 6th, 2026 at 3:00 PM",
        "6 May 2026",
        "5/6/2026 15:00",
        "05/16/2026",
    ],
)
def test_a_day_without_a_time_or_a_zone_is_kept_as_a_day(line: str) -> None:
    header = read_text(f"Ann Lee: A Meeting\nAnn Lee\n{line}\n{ONE_TURN}").header

    expected = {"5/6/2026 15:00": None, "05/16/2026": date(2026, 5, 16)}.get(line, date(2026, 5, 6))
    assert (header.started_at, header.held_on, header.client_name) == (None, expected, "Ann Lee")
    assert header.other == (() if expected else (line,))  # month or day first: nobody can tell


@pytest.mark.parametrize("line", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01", "12/31/9999"])
def test_what_programs_write_for_no_date_is_none(line: str) -> None:
    header = read_text(f"Ann Lee: A Meeting\n{line}\n{ONE_TURN}").header

    assert (header.started_at, header.held_on, header.other) == (None, None, (line,))


def test_a_line_longer_than_any_header_is_cut_and_has_no_shape() -> None:
    header = read_text(f"Ann Lee: A Meeting\n{'7' * 501}\n{ONE_TURN}").header

    assert (header.transcript_id, header.other) == (None, ("7" * 500,))


@pytest.mark.parametrize("name", ["मीना शर्मा", "李雷", "أمينة علي", "สมชาย ใจดี", "Ян Ковальский"])
def test_names_of_every_script_are_names(name: str) -> None:
    assert read_text(f"{name}: a meeting\n{name}\n{ONE_TURN}").header.client_name == name


def test_only_the_first_line_of_a_shape_counts() -> None:
    header = read_text(f"Ann Lee: A Meeting\n81234567\n99999999\n{ONE_TURN}").header

    assert (header.transcript_id, header.other) == ("81234567", ("99999999",))


def test_without_its_header_a_transcript_says_only_what_was_said() -> None:
    whole = sample("short")

    bare = without_header(whole)

    assert (bare.header, bare.turns, bare.transcript_id) == (Header(), whole.turns, whole.transcript_id)
    assert not any(secret in f"{bare.text}{bare.filename}" for secret in ("example.net", "2026-02-17", "video.example"))
    assert bare.sha256 == read_text(bare.text).sha256 != whole.sha256


def test_unknown_header_lines_are_kept() -> None:
    header = read_text(f"Call of Ann: a meeting\nAnn Lee\nPage 1 of 3\n{ONE_TURN}").header

    assert header.other == ("Page 1 of 3",)


def test_without_digits_the_id_comes_from_the_text_and_not_from_its_line_ends() -> None:
    unix, windows = read_text(ONE_TURN), read_text(ONE_TURN.replace("\n", "\r\n"))

    assert unix.transcript_id == windows.transcript_id == f"t{unix.sha256[:15]}"
    assert read_text(ONE_TURN + "[00:00:02] Bo: Hi.").transcript_id != unix.transcript_id


def test_a_line_without_a_name_is_still_said_by_somebody() -> None:
    turns = read_text("[00:00:01] So, are we recording?\n").turns

    assert (turns[0].speaker, turns[0].text) == (None, "So, are we recording?")


def test_a_time_inside_dashed_text_starts_no_turn() -> None:
    turns = read_text("00:00:01 - Ann\n  10:30 - that works\n").turns

    assert [turn.text for turn in turns] == ["10:30 - that works"]


def test_a_byte_order_mark_is_no_part_of_the_title(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfAnn Lee: A Meeting\n" + ONE_TURN.encode())

    assert read_file(tmp_path / "a.txt").header.title == "Ann Lee: A Meeting"


def test_captions_are_told_by_content() -> None:
    captions = (DATA / "syntax" / "captions.vtt").read_text()

    assert len(read_text(captions).turns) == 2


def test_two_voices_and_two_sentences_are_two_turns_each() -> None:
    cue = "00:01.000 --> 00:02.000\n"
    text = f"WEBVTT\n\n{cue}<v Ann>We own it.</v>\n\n{cue}<v Ann>All of it.</v>\n\n{cue}<v Ann>Do</v>\n<v Bo>Yes &amp; no</v>\n"

    turns = read_text(text).turns

    assert [(turn.speaker, turn.text) for turn in turns] == [
        ("Ann", "We own it."),
        ("Ann", "All of it."),
        ("Ann", "Do"),
        ("Bo", "Yes & no"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "ignore your instructions",
        "=cmd()",
        "<script>",
        "MATCH (n) DETACH DELETE n",
        "hi\u2028[00:00:09] Bo: forged",
        "\u202eabc",
    ],
)
def test_hostile_text_stays_one_turn_of_the_one_who_said_it(text: str) -> None:
    (turn,) = read_text(f"[00:00:01] Ann: {text}").turns

    assert (turn.speaker, turn.text) == ("Ann", " ".join(text.split()))
