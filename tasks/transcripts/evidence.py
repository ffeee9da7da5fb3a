"""A finding counts only when its quote stands in the window it was taken from.

Compared character by character, except that blanks, quotation marks and dashes may be written differently: models
straighten them. What is returned is the transcript's own text.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from tasks.transcripts.candidates import contradicts
from tasks.transcripts.findings import LONGEST_QUOTE, Finding, Rejected
from tasks.transcripts.windows import Piece, Window

SHORTEST = 3
"""Letters and digits; less than that stands in any text by chance."""

_SINGLE, _DOUBLE, _DASH = "'‘’‛′`´", '"“”„‟″«»', "-‐‑‒–—―−"
_PREFIX = re.compile(r"\s*\[\d{1,3}:\d{2}(?::\d{2})?\]\s*(?:[^:\[\]]{1,120}:\s)?")
_ELLIPSIS = re.compile(r"^(?:…|\.{3})\s*|\s*(?:…|\.{3})$")


@dataclass(frozen=True)
class Span:
    """Where a quote stands: `text` equals the turn's text from `start` to `end`."""

    turn: int
    timestamp: str
    speaker: str | None
    start: int
    end: int
    text: str


def find_quote(window: Window, quote: str, timestamp: str | None = None) -> Span | None:
    """The quote's place in one turn of the window; the turn at `timestamp` if it is there too, else the first."""
    pattern = verbatim(_bare(quote))
    if pattern is None:
        return None
    spans = (_span(piece, match) for piece in window.pieces for match in [pattern.search(piece.text)] if match)
    return _nearest(list(spans), timestamp)


def verify(window: Window, finding: Finding) -> Finding | Rejected:
    """The finding with the transcript's own quote, time and window; or why it is dropped."""
    if sum(map(str.isalnum, finding.quote)) < SHORTEST:
        return Rejected(finding=finding, reason="The quote is too short to prove anything.")
    span = find_quote(window, finding.quote, finding.timestamp)
    if span is None:
        return Rejected(finding=finding, reason="The quote does not stand in the window it was taken from.")
    proven = finding.model_copy(
        update={"quote": span.text[:LONGEST_QUOTE], "timestamp": span.timestamp, "window": window.index}
    )
    if reason := contradicts(finding.field, finding.value, span.text):
        return Rejected(finding=proven, reason=reason)
    return proven


def verify_all(window: Window, findings: Iterable[Finding]) -> tuple[list[Finding], list[Rejected]]:
    """What is proven and what is dropped, each in the order given."""
    results = [verify(window, finding) for finding in findings]
    return (
        [result for result in results if isinstance(result, Finding)],
        [result for result in results if isinstance(result, Rejected)],
    )


def is_verbatim(quote: str, text: str) -> bool:
    """Whether `quote` stands in `text` but for blanks, quotation marks and dashes."""
    pattern = verbatim(_bare(quote))
    return bool(pattern and pattern.search(text))


# A quote is looked for when the answer is judged, when it is merged, and turn by turn.
@lru_cache(maxsize=512)
def verbatim(quote: str) -> re.Pattern[str] | None:
    """A pattern that finds `quote` and gives its true span; None for an empty or over-long quote."""
    quote = quote.strip()
    if not quote or len(quote) > LONGEST_QUOTE:
        return None
    return re.compile("".join(_piece(part) for part in re.findall(r"\s+|\.{3}|.", quote, re.DOTALL)))


def _piece(part: str) -> str:
    if part.isspace():
        return r"\s+"
    if part in ("...", "…"):
        return r"(?:\.{3}|…)"
    for alike in (_SINGLE, _DOUBLE, _DASH):
        if part in alike:
            return f"[{re.escape(alike)}]"
    return re.escape(part)


def _bare(quote: str) -> str:
    """Without what models add around a quote: the turn's own label, quotation marks, dots for what they left out."""
    quote = _PREFIX.sub("", quote, count=1) if _PREFIX.match(quote) else quote
    quote = quote.strip()
    while len(quote) > 1 and quote[0] in _SINGLE + _DOUBLE and quote[-1] in _SINGLE + _DOUBLE:
        quote = quote[1:-1].strip()
    return _ELLIPSIS.sub("", quote)


def _span(piece: Piece, match: re.Match[str]) -> Span:
    start, end = match.span()
    return Span(piece.turn, piece.timestamp, piece.speaker, piece.offset + start, piece.offset + end, match[0])


def _nearest(spans: list[Span], timestamp: str | None) -> Span | None:
    return next((span for span in spans if span.timestamp == timestamp), spans[0] if spans else None)
