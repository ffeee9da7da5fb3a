"""What an agent that gave no answer wrote in an earlier run about the same text: it stays. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from typing import Any

from flows.transcripts.agents import AGENTS
from flows.transcripts.understanding import Understood
from tasks.records.transcripts import Earlier
from tasks.transcripts.record import CrmRecord
from tasks.transcripts.scoring.drafts import check_drafts
from tasks.transcripts.transcript import Transcript

STAYS = "What it wrote in an earlier run about this text stays."


def with_earlier(understood: Understood, earlier: Earlier | None, transcript: Transcript) -> Understood:
    """The same with what agents in `missing` wrote earlier, where this run has nothing of it; each reason says so.

    The checks are made anew: a draft that stays may speak of facts this run has read otherwise.
    """
    if earlier is None:
        return understood
    unanswered = {name.partition("/")[0] for name in understood.missing}
    mine = {**understood.record.model_dump(), "phases": list(understood.phases)}
    theirs = {**earlier.record.model_dump(), "phases": list(earlier.phases)}
    stays = {
        path: agent.key
        for agent in AGENTS if agent.key in unanswered
        for path in agent.writes if _take(path, mine, theirs)
    }  # fmt: skip
    if not stays:
        return understood
    phases, record = mine.pop("phases"), CrmRecord.model_validate(mine)
    checks = [asdict(check) for check in check_drafts(record, transcript, understood.knowledge.meeting_date)]
    missing = {
        name: f"{why} {STAYS}" if name.partition("/")[0] in stays.values() else why
        for name, why in understood.missing.items()
    }
    return replace(understood, record=record, phases=phases, checks=checks, missing=missing, stays=[*stays])


def without(record: CrmRecord, stays: Collection[str]) -> CrmRecord:
    """The record as the run itself came to it: empty where the text of an earlier run stays."""
    body = record.model_dump()
    for path in stays:
        part, _, name = path.rpartition(".")
        (body[part] if part else body).pop(name, None)
    return CrmRecord.model_validate(body)


def _take(path: str, mine: dict[str, Any], theirs: Mapping[str, Any]) -> bool:
    """Takes what stands at a dotted path over if nothing stands there yet; whether something was there to take."""
    place, _, rest = path.partition(".")
    if rest:
        return _take(rest, mine[place], theirs[place])
    if _something(mine[place]) or not _something(theirs[place]):
        return False
    mine[place] = theirs[place]
    return True


def _something(value: Any) -> bool:
    return any(map(_something, value.values())) if isinstance(value, Mapping) else bool(value)
