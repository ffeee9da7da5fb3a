"""Names of files, made safe to show and to store."""

import pytest

from flows.transcripts.batch import note_failure
from tasks.transcripts.filenames import LONGEST, safe_filename


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Ann Lee: Planning Meeting .txt", "Ann Lee- Planning Meeting.txt"),
        ("../../etc/passwd", "passwd"),
        ("C:\\calls\\ann.txt", "ann.txt"),
        ("Zoë Müller.txt", "Zoë Müller.txt"),
        ("a\x00b\x1b[31m\u202etxt.exe.txt", "ab[31mtxt.exe.txt"),
        ("caf\udce9.txt", "caf?.txt".replace("?", "-")),
        ("..", "transcript.txt"),
        ("", "transcript.txt"),
    ],
)
def test_only_one_printable_path_part_is_left(name: str, safe: str) -> None:
    assert safe_filename(name) == safe


def test_equal_names_are_equal_however_they_are_composed() -> None:
    assert safe_filename("Zoe\u0308.txt") == safe_filename("Zoë.txt")


def test_a_long_name_keeps_its_suffix() -> None:
    name = safe_filename("x" * 500 + ".txt")

    assert len(name) == LONGEST
    assert name.endswith("x.txt")


@pytest.mark.parametrize("marks", [("10000001", "unreadable"), ("unreadable", "10000001")])
def test_two_files_shown_by_one_name_are_two_failures(marks: tuple[str, str]) -> None:
    failed = dict[str, str]()
    for mark in marks:
        note_failure(failed, "a-b.txt", f"It is {mark}.", mark)

    assert failed == {"a-b.txt": f"It is {marks[0]}.", f"a-b.txt ({marks[1]})": f"It is {marks[1]}."}
