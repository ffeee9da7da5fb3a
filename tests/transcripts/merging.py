"""Findings of a small call, and what they are merged into."""

from tasks.transcripts.findings import Finding, FindingField
from tasks.transcripts.knowledge import Knowledge
from tasks.transcripts.merge import merge
from tasks.transcripts.reading import read_text
from tasks.transcripts.transcript import Transcript

CALL = read_text(
    "Ann Lee: Planning Meeting\nAnn Lee\nann@example.net\n2026-05-06T15:00:00Z\n81234567\n"
    "[00:00:04] Milo Serrano: Good morning, and thank you so much for making the time today.\n"
    "[00:00:09] Ann Lee: Good morning.\n[00:00:12] Dawn: Bye.\n"
)


def said(field: FindingField, value: str, at: str = "00:00:04", **more: object) -> Finding:
    return Finding.model_validate({"field": field, "value": value, "quote": value, "timestamp": at} | more)


def merged(*findings: Finding, transcript: Transcript = CALL, zone: str | None = "America/Chicago") -> Knowledge:
    return merge(transcript, findings, zone=zone)
