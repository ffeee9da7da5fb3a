"""Reading transcripts: a file, a folder, or text pasted into a form. Either a whole `Transcript` or a `TranscriptError`.

Formats are told by content, not by suffix: recorders name WebVTT `.txt`.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from blocks.errors import TranscriptError
from tasks.transcripts.captions import srt_turns, vtt_turns
from tasks.transcripts.dialogue import split_dialogue
from tasks.transcripts.filenames import safe_filename
from tasks.transcripts.heading import parse_header
from tasks.transcripts.record import Record
from tasks.transcripts.transcript import Header, Transcript, Turn

LONGEST_FILE = 2_000_000
"""Bytes. A 70-minute call is 100,000; more than twenty times that is no call."""

SUFFIXES = (".txt", ".vtt", ".srt")

_SRT = re.compile(r"\s*\d+\s*\n\s*\d{1,2}:\d{2}:\d{2}[,.]\d{1,3}\s*-->")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_OTHER_FORMATS = {
    b"%PDF-": "a PDF",
    b"PK\x03\x04": "a Word document or another archive",
    b"\xd0\xcf\x11\xe0": "an old Word document",
    b"{\\rtf": "an RTF document",
}
"""First bytes of what people rename to .txt."""
SAMPLE = 4_000
"""Bytes looked at to tell UTF-16 without its mark."""


class Unreadable(Record):
    """A file of a batch that gave no transcript."""

    filename: str
    reason: str


def read_file(path: Path, *, limit: int = LONGEST_FILE) -> Transcript:
    """The transcript in a `.txt`, `.vtt` or `.srt` file of at most `limit` bytes. Raises TranscriptError."""
    name = safe_filename(path.name)
    with _told(name):
        if path.is_dir():
            raise _refused(f"{name} is a folder, not a file.", do="Name one file, or run the batch on the folder.")
        if not path.exists():
            raise _refused(f"There is no file or folder {name} at that place.", do="Check the path.")
        if path.suffix.lower() not in SUFFIXES:
            raise _refused(f"{name} is none of {', '.join(SUFFIXES)}.", do="Export the transcript as one of them.")
        if not path.is_file():
            raise _refused(f"{name} is no ordinary file.", do="Name a file with text in it.")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    _check_length(name, len(data), limit)
    return _transcript(_decoded(data, name), name)


@contextmanager
def _told(name: str) -> Iterator[None]:
    """What the operating system refuses, in words."""
    try:
        yield
    except OSError as error:
        raise _refused(f"{name} cannot be read: {error.strerror or error}.", do="Check its permissions.") from error


def read_text(text: str, *, filename: str = "pasted.txt", limit: int = LONGEST_FILE) -> Transcript:
    """The transcript in pasted text of at most `limit` bytes as UTF-8. Raises TranscriptError."""
    name = safe_filename(filename)
    _check_length(name, len(text), limit)
    try:
        data = text.encode()
    except UnicodeEncodeError as error:
        raise _refused(
            f"{name} holds half a character (U+{ord(text[error.start]):04X}) at position {error.start}.",
            do="Paste the text again from its source.",
        ) from error
    _check_length(name, len(data), limit)
    return _transcript(_decoded(data, name), name)


def read_folder(folder: Path, *, limit: int = LONGEST_FILE) -> Iterator[tuple[Path, Transcript | Unreadable]]:
    """Every file of `folder` with its content, by name, one at a time. One that cannot be used is reported and the rest
    goes on.

    Two files with one transcript id would overwrite each other's rows, so the second is reported instead.
    Hidden files, subfolders and JSON (gold answers, recorded replies) are not transcripts. Raises TranscriptError
    without a folder, or with nothing in it to read.
    """
    seen: dict[str, str] = {}
    for path in files_of(folder):
        try:
            transcript = read_file(path, limit=limit)
        except TranscriptError as error:
            yield path, Unreadable(filename=shown(path), reason=str(error))
            continue
        if first := seen.get(transcript.transcript_id):
            reason = f"It has the same transcript id as {first}: {transcript.transcript_id}. Only the first was read."
            yield path, Unreadable(filename=shown(path), reason=reason)
        else:
            seen[transcript.transcript_id] = shown(path)
            yield path, transcript


def shown(path: Path) -> str:
    """A name to tell a person, which no other file of the folder shares: safe names of two files can be the same."""
    name = safe_filename(path.name)
    return name if name == path.name else ascii(path.name)


def files_of(folder: Path) -> list[Path]:
    """What a folder holds for `read_folder`, by name. Raises TranscriptError if that is nothing."""
    name = safe_filename(folder.name)
    if not folder.is_dir():
        raise _refused(f"{name} is not a folder.", do="Name a folder with transcript files.")
    with _told(name):
        entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    files = [path for path in entries if not (path.name.startswith(".") or path.suffix.lower() == ".json")]
    if not (files := [path for path in files if not path.is_dir()]):
        raise _refused(
            f"The folder {name} has no files in it.",
            means="Subfolders, hidden files and JSON are not looked at, so there is nothing to do.",
            do=f"Put {', '.join(SUFFIXES)} files directly into it.",
        )
    return files


def _transcript(text: str, name: str) -> Transcript:
    header, turns = _parsed(text, Path(name).suffix.lower())
    if not turns:
        raise _refused(
            f"{name} has no turn of speech in it.",
            means="None of its lines looks like “[00:04:18] Name: text” or “00:04:18 - Name” with the text below.",
            do="Export the transcript with times and speakers.",
        )
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Transcript(
        transcript_id=header.transcript_id or f"t{digest[:15]}",
        filename=name,
        sha256=digest,
        header=header,
        turns=tuple(turns),
        text=text,
    )


def _parsed(text: str, suffix: str) -> tuple[Header, list[Turn]]:
    if text.startswith("WEBVTT") or suffix == ".vtt":
        return Header(), vtt_turns(text)
    if _SRT.match(text) or suffix == ".srt":
        return Header(), srt_turns(text)
    preamble, turns = split_dialogue(text)
    speakers = tuple(dict.fromkeys(turn.speaker for turn in turns if turn.speaker))
    return parse_header(preamble, speakers), turns


def _decoded(data: bytes, name: str) -> str:
    if data.startswith(_UTF16_MARKS):
        raise _encoding(f"{name} starts with the byte 0x{data[0]:02x}, the mark of UTF-16.")
    for start, kind in _OTHER_FORMATS.items():
        if data.startswith(start):
            raise _refused(
                f"{name} is {kind}.",
                means="Only text can be read, whatever a file is called; nothing of it was used.",
                do="Export the transcript as plain text.",
            )
    if max(data[0:SAMPLE:2].count(0), data[1:SAMPLE:2].count(0)) > len(data[:SAMPLE]) / 4:
        raise _encoding(f"{name} has a zero in every other byte, as UTF-16 has.")
    if b"\0" in data:
        raise _refused(
            f"{name} is binary: byte {data.index(0)} is zero.",
            means="It is not a text file, whatever it is called.",
            do="Export the transcript as plain text.",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _encoding(
            f"{name} is not UTF-8: byte 0x{data[error.start]:02x} at position {error.start}, line {line}."
        ) from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise _refused(f"{name} is empty.", means="There is no call in it.", do="Export the transcript again.")
    return text


def _check_length(name: str, length: int, limit: int) -> None:
    if length > limit:
        raise _refused(
            f"{name} is longer than {limit:,} bytes.",
            means="A 70-minute call is about 100,000 bytes; nothing of this file was read.",
            do="Split it into one file a call.",
        )


def _encoding(happened: str) -> TranscriptError:
    return _refused(happened, means="Names and quotes would be garbled.", do="Save the file as UTF-8.")


def _refused(happened: str, *, means: str = "Nothing was read and nothing was stored.", do: str) -> TranscriptError:
    return TranscriptError(happened, means=means, do=do)
