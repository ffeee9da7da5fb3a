"""Who the clients are, and who sold to them."""

import re
from collections import Counter
from collections.abc import Sequence

from tasks.transcripts.choosing import choose, passed_over, provenance
from tasks.transcripts.findings import Finding, FindingField
from tasks.transcripts.knowledge import Provenance
from tasks.transcripts.normalise.persons import plain_name, same_person, split_persons
from tasks.transcripts.transcript import Transcript

_CLIENT_SIDE = re.compile(r"client|iphone|ipad|android|galaxy|caller", re.IGNORECASE)


def household(
    transcript: Transcript, by_field: dict[FindingField, list[Finding]], origin: dict[FindingField, Provenance]
) -> list[str]:
    """The adults, contact first: those of the header's name line, else of the dialogue; then a spouse who is not among them."""
    persons = _contacts(transcript, by_field["client_name"], origin)
    findings = by_field["spouse_name"]
    if len(persons) > 1:
        _spouse_among(persons, findings, origin)
        return persons
    chosen = choose(findings, lambda finding: _one(finding.value))
    if chosen:
        origin["spouse_name"] = provenance(chosen)
    if persons and chosen and not same_person(chosen.value, persons[0]):
        return [*persons, chosen.value]
    return persons


def _spouse_among(persons: list[str], findings: list[Finding], origin: dict[FindingField, Provenance]) -> None:
    """The couple is known by name: its second name stands on what the couple's names stand on."""
    contacts = origin["client_name"]
    others = [finding for finding in findings if not same_person(_one(finding.value) or "", persons[1])]
    reason = "the header says it" if contacts.source == "header" else "another statement won"
    passed = tuple(passed_over(finding, reason) for finding in others)
    origin["spouse_name"] = contacts.model_copy(update={"passed_over": passed})


def advisor_of(transcript: Transcript, clients: list[str]) -> str | None:
    """The speaker with more than half of the words that are not the clients'; None while the clients are unknown."""
    words: Counter[str] = Counter()
    for turn in transcript.turns:
        if turn.speaker:
            words[turn.speaker] += len(turn.text.split())
    others = {speaker: count for speaker, count in words.items() if not is_client(speaker, clients)}
    if not clients or not others or len(others) == len(words):
        return None
    name, most = max(others.items(), key=lambda item: item[1])
    return name if most > sum(others.values()) / 2 else None


def is_client(speaker: str, clients: Sequence[str]) -> bool:
    """By name, or by surname: people are introduced as Ted and shown as Theodore."""
    words = plain_name(speaker).split()
    surnames = {plain_name(client).split()[-1] for client in clients if " " in plain_name(client)}
    return (
        bool(_CLIENT_SIDE.search(speaker))
        or any(same_person(speaker, client) for client in clients)
        or (len(words) > 1 and words[-1] in surnames)
    )


def _contacts(transcript: Transcript, findings: list[Finding], origin: dict[FindingField, Provenance]) -> list[str]:
    persons = split_persons(transcript.header.client_name)
    if persons:
        others = [finding for finding in findings if split_persons(finding.value) != persons]
        origin["client_name"] = Provenance(
            source="header", passed_over=tuple(passed_over(finding, "the header says it") for finding in others)
        )
        return persons
    # A name among the speakers is surely spelled as in the call; first names alone are taken only without one.
    spoken = [f for f in findings if any(" " in p and p in transcript.speakers for p in split_persons(f.value))]
    chosen = choose(spoken or findings, lambda finding: tuple(split_persons(finding.value)) or None)
    if chosen is None:
        return []
    origin["client_name"] = provenance(chosen)
    return list(chosen.value)


def _one(text: str) -> str | None:
    persons = split_persons(text)
    return persons[0] if len(persons) == 1 else None
