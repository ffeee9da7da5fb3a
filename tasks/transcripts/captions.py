"""Turns from caption files: WebVTT and SubRip. A cue has no fixed place for the speaker: a voice tag, or `Name: said`.

Captions are cut for the screen, not for meaning, so a sentence that runs over several cues of one speaker becomes one
turn, with the time of its first cue.
"""

import html
import re
from collections.abc import Iterable
from typing import NamedTuple

import srt
import webvtt
from webvtt.errors import MalformedCaptionError, MalformedFileError

from blocks.errors import TranscriptError
from tasks.transcripts.dialogue import clock, one_line, split_speaker
from tasks.transcripts.transcript import Turn

_VOICE = re.compile(r"<v(?:\.[\w.]+)?\s+([^>]{1,200})>")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>|<\d[\d:.]{0,20}>|\{\\[^{}]{0,50}\}")
_SENTENCE_END = re.compile(r"[.?!…]['\"”’)]*$")


class _Cue(NamedTuple):
    seconds: int
    speaker: str | None
    text: str


def vtt_turns(text: str) -> list[Turn]:
    try:
        captions = webvtt.from_string(text).captions
    except (MalformedFileError, MalformedCaptionError) as error:
        raise _malformed("WebVTT", error) from error
    return _turns(
        _Cue(int(caption.start_in_seconds), *spoken) for caption in captions for spoken in _voices(caption.raw_text)
    )


def srt_turns(text: str) -> list[Turn]:
    try:
        captions = list(srt.parse(text))
    except (srt.SRTParseError, ValueError, OverflowError) as error:
        raise _malformed("SubRip", error) from error
    return _turns(
        _Cue(int(caption.start.total_seconds()), *spoken) for caption in captions for spoken in _voices(caption.content)
    )


def _voices(raw: str) -> list[tuple[str | None, str]]:
    """Who says what in one cue; a cue may hold several voices."""
    parts = _VOICE.split(raw)
    spoken = [_named(parts[0])]
    spoken += [
        (one_line(html.unescape(name)) or None, said) for name, said in zip(parts[1::2], parts[2::2], strict=True)
    ]
    return [(speaker, clean) for speaker, said in spoken if (clean := _plain(said))]


def _named(text: str) -> tuple[str | None, str]:
    """`Hanna Brandt: We own it` has a speaker; `Note: it is late` does not look different, `The rule is: wait` does."""
    speaker, said = split_speaker(_plain(text).removeprefix("- "))
    words = (speaker or "").split()
    if 1 <= len(words) <= 5 and all(word[0].isupper() or word[0].isdigit() for word in words):
        return speaker, said
    return None, text


def _plain(text: str) -> str:
    return one_line(html.unescape(_TAG.sub("", text)))


def _turns(cues: Iterable[_Cue]) -> list[Turn]:
    joined: list[tuple[int, str | None, list[str]]] = []
    for cue in cues:
        if joined and cue.speaker in (joined[-1][1], None) and not _SENTENCE_END.search(joined[-1][2][-1]):
            joined[-1][2].append(cue.text)
        else:
            joined.append((cue.seconds, cue.speaker, [cue.text]))
    return [
        Turn(timestamp=clock(0, *divmod(seconds, 60)) or "00:00:00", speaker=speaker, text=" ".join(said))
        for seconds, speaker, said in joined
    ]


def _malformed(kind: str, error: Exception) -> TranscriptError:
    reason = one_line(str(error))[:200] or type(error).__name__
    return TranscriptError(
        f"The text starts like a {kind} file but cannot be read as one: {reason}",
        means="No turn of it was used.",
        do="Export the captions again, or save the transcript as plain text with one [HH:MM:SS] Name: line a turn.",
    )
