"""What one CRM record comes to in the graph: plain rows, ready to be parameters of a query.

Text from a call is only ever a value in these rows; it never becomes part of a query.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tasks.transcripts.normalise.letters import plain
from tasks.transcripts.record import CrmRecord

KEY_LIMIT = 300
"""Characters in a key; both servers refuse to index very long values."""
TEXT_LIMIT = 20_000
"""Characters in any other text."""

Properties = Mapping[str, Any]


@dataclass(frozen=True)
class MeetingRows:
    """One transcript's part of the graph. `None` removes a property: it means *not stated*."""

    transcript_id: str
    client_key: str
    meeting: Properties
    stated: Properties
    """What this call said about the client; kept on the PARTICIPATED_IN edge."""
    deal: Properties
    advisor: str | None
    products: list[str]
    objections: list[Properties]
    objection_ids: list[str] = field(default_factory=list)

    @property
    def fingerprint(self) -> str:
        """Equal exactly if the rows are."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True, default=str).encode()).hexdigest()

    def parameters(self) -> dict[str, Any]:
        """The row as the queries take it; the fingerprint is written in the same transaction as the rest."""
        return {**asdict(self), "meeting": {**self.meeting, "fingerprint": self.fingerprint}}


def meeting_rows(record: CrmRecord) -> MeetingRows:
    """Raises ValueError for a number no graph can hold."""
    meeting, client, deal = record.meeting, record.client, record.deal
    objections = _objections(record)
    return MeetingRows(
        transcript_id=key(meeting.transcript_id),
        client_key=client_key(record),
        meeting={
            "title": text(meeting.title),
            "filename": text(meeting.filename),
            "started_at": _utc(meeting.started_at),
            "held_on": meeting.held_on,
            "duration_minutes": number(meeting.duration_minutes),
            "outcome": meeting.outcome,
            "model": text(meeting.model),
        },
        stated={
            "name": text(client.name),
            "email": text(client.email),
            "phone": text(client.phone),
            "state": text(client.state),
            "marital_status": client.marital_status,
            "children_count": integer(client.children_count),
            "persons": [person for name in client.persons if (person := text(name))],
        },
        deal={
            "amount": number(deal.amount),
            "deposit": number(deal.deposit),
            "deposit_status": deal.deposit_status,
            "currency": text(deal.currency),
            "status": deal.status,
            "stage": deal.stage(meeting.outcome),
        },
        advisor=key(meeting.advisor) if text(meeting.advisor) else None,
        products=sorted(set(deal.products)),
        objections=objections,
        objection_ids=[objection["objection_id"] for objection in objections],
    )


def client_key(record: CrmRecord) -> str:
    """The household's key. A call that names nobody keeps a client of its own until a later run finds out more.

    Such a key cannot meet another: e-mail addresses hold an @, keys made of names hold no colon.
    """
    return key(record.client.key or f"transcript:{record.meeting.transcript_id}")


def person_key(client: str, name: str) -> str:
    """One person per household and name, whatever its accents, capitals and punctuation."""
    return key(f"{client}#{plain(name) or name.strip()}")


def number(value: Decimal | None) -> float | None:
    """Bolt knows no decimals. A float gives back every amount of up to 15 digits exactly as it was."""
    return None if value is None else float(value)


def integer(value: int | None) -> int | None:
    """Raises ValueError for what has no place in 64 bits."""
    if value is not None and not -(2**63) <= value < 2**63:
        raise ValueError(f"the number {value:.3e} is too large")
    return value


def storable(value: str) -> str:
    """Without half characters, which JSON allows and UTF-8 does not."""
    return value.encode("utf-8", "replace").decode()


def text(value: str | None) -> str | None:
    """Text the servers can store, of bounded length; blank is `None`."""
    clean = storable(value or "").strip()
    return clean[:TEXT_LIMIT] or None


def key(value: str | None) -> str:
    """Text with single blanks; a very long one is cut and made distinct by its hash."""
    clean = " ".join(storable(value or "").split())
    if len(clean) <= KEY_LIMIT:
        return clean
    return f"{clean[: KEY_LIMIT - 17]} {hashlib.sha256(clean.encode()).hexdigest()[:16]}"


def _objections(record: CrmRecord) -> list[Properties]:
    """By id: two objections of one category and wording are one; the later says whether it was resolved."""
    by_id: dict[str, Properties] = {}
    for said in record.deal.objections:
        objection = said.model_copy(update={"text": storable(said.text)})
        found = objection.id_in(key(record.meeting.transcript_id))
        by_id[found] = {
            "objection_id": found,
            "category": objection.category,
            "properties": {"text": text(objection.text), "resolved": objection.resolved},
        }
    return [by_id[found] for found in sorted(by_id)]


def _utc(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC) if moment else None
