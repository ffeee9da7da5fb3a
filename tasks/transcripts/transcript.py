"""A transcript as the pipeline sees it: header, turns, the text they came from. Immutable, made once by `reading`."""

import hashlib
from datetime import date, datetime
from decimal import Decimal

from pydantic import Field

from tasks.transcripts.record import Record


class Turn(Record):
    """One person speaking once."""

    timestamp: str
    """`HH:MM:SS` from the start of the recording."""
    speaker: str | None
    """Display name; a device name or None when the recorder did not know."""
    text: str
    """One line, blanks collapsed, never empty."""

    @property
    def seconds(self) -> int:
        hours, minutes, seconds = (int(part) for part in self.timestamp.split(":"))
        return hours * 3600 + minutes * 60 + seconds

    @property
    def line(self) -> str:
        """The turn as a prompt shows it and as the reader understands it."""
        return f"[{self.timestamp}] {self.speaker}: {self.text}" if self.speaker else f"[{self.timestamp}] {self.text}"


class Header(Record):
    """What stands before the first turn. A line that is not there is None."""

    title: str | None = None
    client_name: str | None = None
    client_email: str | None = None
    started_at: datetime | None = None
    """Aware, UTC; None when the line has no time of day or no zone."""
    held_on: date | None = None
    """The day of a line that has no more than a day, or a time without a zone."""
    transcript_id: str | None = None
    url: str | None = None
    duration_minutes: Decimal | None = None
    other: tuple[str, ...] = ()
    """Lines of no known shape, kept so that nothing of the file is lost."""


class Transcript(Record):
    transcript_id: str
    """The header's digits, else `t` and the first 15 hexadecimal digits of `sha256`."""
    filename: str
    """Safe to show and to store."""
    sha256: str
    """Of `text`: the same meeting with other line ends is the same transcript."""
    header: Header = Header()
    turns: tuple[Turn, ...] = Field(min_length=1)
    text: str
    """The whole file, line ends as `\\n`, without a byte order mark."""

    @property
    def speakers(self) -> tuple[str, ...]:
        """In order of appearance."""
        return tuple(dict.fromkeys(turn.speaker for turn in self.turns if turn.speaker))


def without_header(transcript: Transcript) -> Transcript:
    """The *dialogue-only* condition of a score: same turns and id, nothing the header said.

    The file name is replaced as well, because exports carry the client's name in it. The id stays, to find the gold
    answers by, so such a record must not be stored as the meeting's.
    """
    text = "\n".join(turn.line for turn in transcript.turns)
    return transcript.model_copy(
        update={
            "header": Header(),
            "text": text,
            "sha256": hashlib.sha256(text.encode()).hexdigest(),
            "filename": f"{transcript.transcript_id}.txt",
        }
    )
