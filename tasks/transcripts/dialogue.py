"""Turns from plain text. Two syntaxes are in use, and both are written carelessly:

    [00:04:18] Hanna Brandt: We own the house.          bracketed, one line
    00:04:18 - Hanna Brandt                             dashed, the text on the lines below
      We own the house.

A line that starts no turn belongs to the turn before it, so nothing that was said is dropped.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from tasks.transcripts.transcript import Turn

LONGEST_SPEAKER = 80

_TIME = r"(?:(\d{1,3}):)?(\d{1,3}):(\d{2})(?:[.,]\d{1,3})?"
_BRACKETED = re.compile(rf"\s*\[\s*{_TIME}\s*\](.*)")
# Indented by two or more it is text of a dashed turn: "  10:30 - that works".
_DASHED = re.compile(rf"\s?{_TIME}\s+[-–—]\s(.*)")


class _Start(NamedTuple):
    timestamp: str
    speaker: str | None
    text: str


def split_dialogue(text: str) -> tuple[list[str], list[Turn]]:
    """The lines before the first turn, and the turns. `text` has `\\n` line ends."""
    preamble: list[str] = []
    turns: list[Turn] = []
    start: _Start | None = None
    said: list[str] = []
    for line in text.split("\n"):
        found = _turn_start(line)
        if found:
            turns.extend(_turn(start, said))
            start, said = found, [found.text]
        elif start:
            said.append(line)
        else:
            preamble.append(line)
    turns.extend(_turn(start, said))
    return preamble, turns


def clock(hours: int, minutes: int, seconds: int) -> str | None:
    """`HH:MM:SS`; minutes above 59 are carried when there are no hours. None when it is no time."""
    if seconds > 59 or (hours and minutes > 59):
        return None
    return f"{hours + minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"


def one_line(text: str) -> str:
    return " ".join(text.split())


def split_speaker(text: str) -> tuple[str | None, str]:
    """`Name: said` into its parts; without a usable name the speaker is None and all of it was said."""
    name, colon, said = text.partition(":")
    name = one_line(name)
    if colon and name and len(name) <= LONGEST_SPEAKER:
        return name, said
    return None, text


def _turn_start(line: str) -> _Start | None:
    bracketed = _BRACKETED.match(line)
    match = bracketed or _DASHED.match(line)
    if not match:
        return None
    timestamp = clock(int(match[1] or 0), int(match[2]), int(match[3]))
    if not timestamp:
        return None
    speaker, said = split_speaker(match[4])
    if speaker or bracketed:
        return _Start(timestamp, speaker, said)
    name = one_line(said)
    return _Start(timestamp, name, "") if name and len(name) <= LONGEST_SPEAKER and ":" not in name else None


def _turn(start: _Start | None, said: list[str]) -> Iterator[Turn]:
    text = one_line(" ".join(said))
    if start and text:
        yield Turn(timestamp=start.timestamp, speaker=start.speaker, text=text)
