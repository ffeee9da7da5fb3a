"""Extraction: what was said about client, deal and next steps, each with the words it stands on."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field, create_model

from flows.answers import Answer, Problem, warning
from flows.transcripts.agent import Agent, Stretch, WindowPart
from flows.transcripts.choices import choices, finding, hints
from tasks.transcripts.evidence import verify_all
from tasks.transcripts.findings import Finding, FindingField, Kind

MOST = 40
"""Findings of one window."""
NOTHING = "none"


class Found(Answer):
    field: FindingField
    """What the value is."""
    value: str = Field(min_length=1, max_length=300)
    """The value itself: a name, a number, an amount, a date with its time, or a few words."""
    quote: str = Field(min_length=3, max_length=400)
    """The words it stands on, copied letter by letter from one turn."""
    timestamp: str = Field(pattern=r"^[0-9]{2}:[0-9]{2}:[0-9]{2}$")
    """Time of that turn."""
    kind: Kind
    """stated; quoted: offered as a price; corrected: replaces something said before; agreed: accepted or confirmed by
    both; paid: paid in this call."""
    category: Literal["Price", "Timing", "Spouse", "Trust", "Authority", "Other"] | None
    """Of an objection; otherwise null."""
    resolved: bool | None
    """Of an objection: whether the client was satisfied in the end; otherwise null."""
    owner: Literal["advisor", "client", "both"] | None
    """Of a next step: who does it; otherwise null."""
    due: str | None = Field(max_length=80)
    """Of a next step: until when, in the speaker's words; otherwise null."""


class Extracted(Answer):
    findings: list[Found] = Field(max_length=MOST)
    """One entry for each thing that was said, in the order of the call; an empty list if nothing was."""


TASK = """Collect what this part of the call says about the fields below. One entry for each statement, also when the same
thing is said again or corrected. Take nothing that is not said here.

- client_name, spouse_name: full names as far as they are said
- client_email, client_phone_number: the client's own, as spelled out or read back
- client_state: the state the client lives in; marital_status; children_count
- estate_value: what everything they own is worth; real_estate_count; real_estate_locations: one entry a place, with its state
- llc_interest: a company they have or want
- deal: the price of the service offered to this client; deposit: what is due first. Other sums are neither
- products_discussed: one entry for each document or service offered
- objections_raised: one entry for each reason the client gives against deciding
- meeting_outcome: Won, Lost, Pending, Follow-up Scheduled or No Show, when the end of the call shows it
- meeting_date: the day of this call, if somebody says it; next_meeting: day, time and zone of the next one
- next_steps: one entry for each thing somebody will do after the call
- transcript_id: only if somebody says it"""


def _answer(stretch: Stretch) -> type[Answer] | None:
    if not stretch.picks:
        return Extracted
    offered = choices(stretch.window, stretch.base)
    if not offered:
        return None
    fields: dict[str, Any] = {
        field: (Literal[(NOTHING, *map(str, range(1, len(found) + 1)))], ...) for field, found in offered.items()
    }
    return create_model("Picked", __base__=Answer, **fields)


def _task(stretch: Stretch) -> str:
    offered = (choices if stretch.picks else hints)(stretch.window, stretch.base)
    listed = [
        f"{field}: " + "; ".join(f"{number} = {choice.value}" for number, choice in enumerate(found, start=1))
        for field, found in offered.items()
    ]
    if stretch.picks:
        return "\n".join(["Choose for each field the number of the right value about the client, or none.", *listed])
    hint = ["A program has found these in the text, right or wrong for the field:", *listed] if listed else []
    return "\n\n".join([TASK, "\n".join(hint)]).strip()


def findings(answer: Any, stretch: Stretch) -> list[Finding]:
    """The answer's statements; whether they are proven is not judged here."""
    if isinstance(answer, Extracted):
        return [Finding.model_validate({**found.model_dump(), "window": 0}) for found in answer.findings]
    offered = choices(stretch.window, stretch.base)
    picked = ((field, getattr(answer, field)) for field in offered)
    return [finding(field, offered[field][int(number) - 1]) for field, number in picked if number != NOTHING]


def _check(answer: Any, stretch: Stretch) -> Sequence[Problem]:
    _, dropped = verify_all(stretch.window, findings(answer, stretch))
    return [warning(one.finding.field, one.reason) for one in dropped]


AGENT = Agent(
    key="extraction",
    name="Extraction",
    window=WindowPart(answer=_answer, task=_task, max_tokens=3000, check=_check),
    required=True,
)
