"""Files and folders: what cannot be read says so, by name and reason, and stops no other."""

import os
import shutil
from pathlib import Path

import pytest

from blocks.errors import TranscriptError
from tasks.transcripts.reading import Unreadable, read_file, read_folder, read_text
from tasks.transcripts.transcript import Transcript
from tests.transcripts.perfect import DATA

ONE_TURN = "[00:00:01] Ann: Hello.\n"

RENAMED = {
    "pdf": (b"%PDF-1.4\n1 0 obj\nendobj\n", "is a PDF"),
    "word": (b"PK\x03\x04\x14\x00\x06\x00", "is a Word document"),
    "rtf": (b"{\\rtf1\\ansi [00:00:01] Ann: Hello.}", "is an RTF document"),
    "utf-16 without its mark": (ONE_TURN.encode("utf-16-le"), "as UTF-16 has"),
    "utf-16, the other half first": (ONE_TURN.encode("utf-16-be"), "as UTF-16 has"),
}


@pytest.mark.parametrize("kind", RENAMED)
def test_what_was_only_renamed_to_txt_is_called_what_it_is(kind: str, tmp_path: Path) -> None:
    data, told = RENAMED[kind]
    (tmp_path / "call.txt").write_bytes(data)

    with pytest.raises(TranscriptError, match=told) as caught:
        read_file(tmp_path / "call.txt")

    assert caught.value.means
    assert caught.value.do


def test_a_folder_with_nothing_to_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "call.gold.json").write_text("{}")
    (tmp_path / ".hidden.txt").write_text(ONE_TURN)

    with pytest.raises(TranscriptError, match="has no files in it"):
        list(read_folder(tmp_path))


def test_a_place_where_nothing_is_is_named_as_that(tmp_path: Path) -> None:
    with pytest.raises(TranscriptError, match="There is no file or folder calls at that place"):
        read_file(tmp_path / "calls")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b" \r\n\t", "is empty"),
        (b"Only a title\n\nand some prose.", "no turn of speech"),
        (b"[00:00:01] Ann: \xe9t\xe9", "byte 0xe9 at position 16, line 1"),
        (b"a\nb\n\xff\xfe", "byte 0xff at position 4, line 3"),
        ("[00:00:01] Ann: hi".encode("utf-16"), "mark of UTF-16"),
        (b"#\x00\x01\x02\x03abc", "is binary: byte 1 is zero"),
        (b"WEBVTT\n\nnot a cue", "no turn of speech"),
        (b"[00:00:01] Ann:\n[00:00:02] Bo:   \n", "no turn of speech"),
    ],
)
def test_what_is_no_transcript_says_so(data: bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / "call.txt").write_bytes(data)

    with pytest.raises(TranscriptError, match=says) as refused:
        read_file(tmp_path / "call.txt")
    assert refused.value.do


@pytest.mark.parametrize("name", ["missing.txt", "call.pdf", "folder"])
def test_what_is_no_file_says_so(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "call.pdf").write_bytes(b"%PDF")

    with pytest.raises(TranscriptError, match=name):
        read_file(tmp_path / name)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "call.txt")

    with pytest.raises(TranscriptError, match="no ordinary file"):
        read_file(tmp_path / "call.txt")


def test_what_the_system_does_not_give_says_why(tmp_path: Path) -> None:
    (tmp_path / "call.txt").symlink_to("/proc/self/mem")  # whoever asks, nobody may read its beginning

    with pytest.raises(TranscriptError, match="cannot be read: Input/output error"):
        read_file(tmp_path / "call.txt")


def test_a_malformed_caption_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "call.vtt").write_text("WEBVTX\n\n00:01.000 --> 00:02.000\nhi")

    with pytest.raises(TranscriptError, match="WebVTT"):
        read_file(tmp_path / "call.vtt")


def test_half_a_character_is_refused() -> None:
    with pytest.raises(TranscriptError, match=r"U\+D83D"):
        read_text("[00:00:01] Ann: \ud83d")


def test_the_limit_counts_bytes_and_is_a_parameter(tmp_path: Path) -> None:
    path = tmp_path / "call.txt"
    path.write_text(ONE_TURN)

    assert read_file(path, limit=len(ONE_TURN)).turns
    with pytest.raises(TranscriptError, match="longer than 10 bytes"):
        read_file(path, limit=10)
    with pytest.raises(TranscriptError, match="longer than 22 bytes"):
        read_text("[00:00:01] Ann: ééééé", limit=22)


def test_a_folder_is_read_by_name_and_does_not_stop(tmp_path: Path) -> None:
    shutil.copy(DATA / "short.txt", tmp_path / "c.txt")
    shutil.copy(DATA / "short.gold.json", tmp_path / "c.gold.json")
    (tmp_path / "a.txt").write_text(ONE_TURN)
    (tmp_path / "b.txt").write_bytes(b"\x00")
    (tmp_path / "d.pdf").write_bytes(b"%PDF")
    (tmp_path / ".hidden.txt").write_text(ONE_TURN)
    (tmp_path / "sub").mkdir()

    results = [result for _, result in read_folder(tmp_path)]

    assert [(result.filename, isinstance(result, Transcript)) for result in results] == [
        ("a.txt", True),
        ("b.txt", False),
        ("c.txt", True),
        ("d.pdf", False),
    ]


@pytest.mark.parametrize(
    ("first", "second"), [("one.txt", "two.txt"), ("Ann Lee .txt", "Ann Lee.txt"), ("Ann- Call.txt", "Ann: Call.txt")]
)
def test_a_second_file_of_one_call_is_reported_and_not_read(tmp_path: Path, first: str, second: str) -> None:
    for name in (first, second):
        shutil.copy(DATA / "short.txt", tmp_path / name)

    (_, read), (path, twin) = read_folder(tmp_path)

    assert isinstance(read, Transcript)
    assert path.name == second
    assert isinstance(twin, Unreadable)
    assert twin.filename.strip("'") == second
    assert f"same transcript id as {first}" in twin.reason.replace("'", "")


def test_unreadable_files_are_told_apart_by_names_that_are_safe_to_print(tmp_path: Path) -> None:
    for name in ("Ann\x1b[2J.txt", "Ann-[2J.txt", "Ann: [2J.txt"):
        (tmp_path / name).write_text("")

    names = [result.filename for _, result in read_folder(tmp_path)]

    assert len(set(names)) == 3
    assert all(name.isprintable() for name in names)


def test_a_folder_that_is_none_says_so(tmp_path: Path) -> None:
    with pytest.raises(TranscriptError, match="nowhere is not a folder"):
        list(read_folder(tmp_path / "nowhere"))
