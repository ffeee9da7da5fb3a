"""Which of several statements about one thing is the value."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from tasks.transcripts.candidates import proves
from tasks.transcripts.findings import Finding, FindingField, Kind
from tasks.transcripts.knowledge import PassedOver, Provenance

Value = TypeVar("Value")
"""Compared and counted by `repr`, so equal values must look equal."""

_SETTLED: frozenset[Kind] = frozenset(("agreed", "paid"))
_LATEST_COUNTS: frozenset[FindingField] = frozenset(("deal", "deposit", "next_meeting", "meeting_outcome"))
"""Things that move during a call; the others are facts, where repetition counts."""


class Chosen(NamedTuple, Generic[Value]):
    value: Value
    finding: Finding
    passed_over: tuple[PassedOver, ...]


def in_order(findings: Sequence[Finding]) -> list[Finding]:
    """By window, then by time in the call."""
    return sorted(findings, key=lambda finding: (finding.window, _seconds(finding.timestamp)))


def choose(findings: Sequence[Finding], understand: Callable[[Finding], Value | None]) -> Chosen[Value] | None:
    """The value of one field, or None when no finding of it can be understood.

    The last correction, agreement or payment wins; where nothing was agreed, a price or date offered after a correction
    wins over it, one said in passing does not. Without any of them: for prices, dates and outcomes the last statement;
    for facts the one code can read in its quote, then the one said most often, then the last.
    """
    ordered = in_order(findings)
    understood = _understood(ordered, understand)
    if not understood:
        return None
    value, winner = _winner(understood)
    meanings = {id(finding): meaning for meaning, finding in understood}
    return Chosen(
        value,
        winner,
        tuple(
            passed_over(finding, "another statement won" if id(finding) in meanings else "not understood")
            for finding in ordered
            if meanings.get(id(finding)) != value
        ),
    )


def passed_over(finding: Finding, reason: str) -> PassedOver:
    return PassedOver.model_validate(
        {"value": finding.value, "quote": finding.quote, "timestamp": finding.timestamp, "reason": reason}
    )


def provenance(chosen: Chosen[Value]) -> Provenance:
    finding = chosen.finding
    return Provenance(
        source="dialogue",
        quote=finding.quote,
        timestamp=finding.timestamp,
        window=finding.window,
        kind=finding.kind,
        passed_over=chosen.passed_over,
    )


def _understood(findings: list[Finding], understand: Callable[[Finding], Value | None]) -> list[tuple[Value, Finding]]:
    pairs: list[tuple[Value, Finding]] = []
    for finding in findings:
        value = understand(finding)
        if value is not None:
            pairs.append((value, finding))
    return pairs


def _winner(understood: list[tuple[Value, Finding]]) -> tuple[Value, Finding]:
    moves = understood[-1][1].field in _LATEST_COUNTS
    decisive = _decisive({finding.kind for _, finding in understood}, moves)
    if decided := [pair for pair in understood if pair[1].kind in decisive]:
        return decided[-1]
    if moves:
        return understood[-1]
    proven = [pair for pair in understood if proves(pair[1].field, pair[1].value, pair[1].quote)] or understood
    said = Counter(repr(value) for value, _ in proven)
    most = max(said.values())
    return [pair for pair in proven if said[repr(pair[0])] == most][-1]


def _decisive(kinds: set[Kind], moves: bool) -> frozenset[Kind]:
    """The kinds whose last statement wins, of something said in these kinds that does or does not move."""
    if moves and "corrected" in kinds and not kinds & _SETTLED:
        return frozenset(("corrected", "quoted"))
    return _SETTLED | {"corrected"}


def _seconds(timestamp: str | None) -> int:
    parts = [int(part) for part in (timestamp or "").split(":") if part.isdigit()]
    return sum(part * 60**power for power, part in enumerate(reversed(parts)))
