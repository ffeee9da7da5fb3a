"""From proven findings of all windows to one value a field, by rules and without a model.

The header beats the dialogue; a later correction or agreement beats what was said before; lists are united; what is
not understood is left out and named in the provenance.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

from tasks.transcripts.choosing import choose, passed_over, provenance
from tasks.transcripts.findings import Finding, FindingField
from tasks.transcripts.household import advisor_of, household
from tasks.transcripts.knowledge import Knowledge, PassedOver, Provenance
from tasks.transcripts.normalise import categories
from tasks.transcripts.normalise.absent import stated
from tasks.transcripts.normalise.counts import parse_count
from tasks.transcripts.normalise.dates import Moment, local_date, parse_date, parse_moment
from tasks.transcripts.normalise.emails import parse_email
from tasks.transcripts.normalise.money import parse_money
from tasks.transcripts.normalise.phones import parse_phone
from tasks.transcripts.normalise.states import parse_state
from tasks.transcripts.normalise.zones import meeting_zone
from tasks.transcripts.outcomes import settle
from tasks.transcripts.transcript import Header, Transcript
from tasks.transcripts.uniting import unite_locations, unite_objections, unite_products, unite_steps

LONGEST_TEXT = 500

_ByField = dict[FindingField, list[Finding]]

_SCALARS: dict[FindingField, tuple[str, Callable[[str], Any]]] = {
    "client_phone_number": ("client_phone", parse_phone),
    "client_state": ("client_state", parse_state),
    "marital_status": ("marital_status", categories.marital_status),
    "children_count": ("children_count", parse_count),
    "estate_value": ("estate_value", parse_money),
    "real_estate_count": ("real_estate_count", parse_count),
    "llc_interest": ("llc_interest", lambda text: stated(text, LONGEST_TEXT)),
    "deal": ("deal", parse_money),
    "deposit": ("deposit", parse_money),
}
"""Finding field → field of `Knowledge` and how its words become a value."""


def merge(transcript: Transcript, findings: Iterable[Finding], *, zone: str | None = None) -> Knowledge:
    """One value a field with its provenance. `findings` have been through `evidence.verify`.

    `zone` is the IANA zone of the meeting where it is known from elsewhere; else it is taken from what was said with a
    time of day, the client's state or their area code, and dates stay None where even that is unknown.
    """
    by_field: _ByField = defaultdict(list)
    for finding in findings:
        by_field[finding.field].append(finding)
    origin: dict[FindingField, Provenance] = {}
    values = _scalars(by_field, origin)
    values["client_email"] = _email(transcript, by_field, origin)
    values["persons"] = household(transcript, by_field, origin)
    values |= _when(transcript, by_field, origin, values, zone)
    values["advisor"] = advisor_of(transcript, values["persons"])
    values |= settle(by_field, origin, values)
    values |= _lists(by_field, values)
    return Knowledge(**values, provenance=origin)


def _scalars(by_field: _ByField, origin: dict[FindingField, Provenance]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for field, (name, parse) in _SCALARS.items():
        chosen = choose(by_field[field], lambda finding, parse=parse: parse(finding.value))  # type: ignore[misc]
        if chosen:
            values[name] = chosen.value
            origin[field] = provenance(chosen)
        elif by_field[field]:
            origin[field] = Provenance(source="dialogue", passed_over=_not_understood(by_field[field]))
    return values


def _email(transcript: Transcript, by_field: _ByField, origin: dict[FindingField, Provenance]) -> str | None:
    findings, known = by_field["client_email"], transcript.header.client_email
    if known:
        others = [finding for finding in findings if parse_email(finding.value) != known]
        origin["client_email"] = Provenance(
            source="header", passed_over=tuple(passed_over(finding, "the header says it") for finding in others)
        )
        return known
    chosen = choose(findings, lambda finding: parse_email(finding.value))
    if chosen is None:
        if findings:
            origin["client_email"] = Provenance(source="dialogue", passed_over=_not_understood(findings))
        return None
    origin["client_email"] = provenance(chosen)
    return chosen.value


def _when(
    transcript: Transcript,
    by_field: _ByField,
    origin: dict[FindingField, Provenance],
    values: dict[str, Any],
    zone: str | None,
) -> dict[str, Any]:
    """Zone, day of the meeting and next meeting; they depend on each other in this order."""
    meetings = by_field["next_meeting"]
    spoken = " ".join(f"{finding.value} {finding.quote}" for finding in meetings)
    zone = zone or meeting_zone(spoken, values.get("client_state"), values.get("client_phone"))
    base = _meeting_date(transcript.header, by_field["meeting_date"], origin, zone)
    chosen = choose(meetings, lambda finding: _moment(finding, base, zone))
    if chosen:
        origin["next_meeting"] = provenance(chosen)
    return {
        "timezone": zone,
        "meeting_date": base,
        "next_meeting": chosen.value.in_utc(zone) if chosen else None,
        "next_meeting_on": chosen.value.day if chosen else None,
    }


def _meeting_date(
    header: Header, findings: Sequence[Finding], origin: dict[FindingField, Provenance], zone: str | None
) -> date | None:
    if header.started_at or header.held_on:
        origin["meeting_date"] = Provenance(source="header")
        return local_date(header.started_at, zone) or header.held_on
    chosen = choose(findings, lambda finding: parse_date(finding.value, None))
    if chosen is None:
        return None
    origin["meeting_date"] = provenance(chosen)
    return chosen.value


def _moment(finding: Finding, base: date | None, zone: str | None) -> Moment | None:
    """The agent's wording, completed from its quote where only that has the time of day."""
    moment = parse_moment(finding.value, base, zone)
    quoted = parse_moment(finding.quote, base, zone)
    if moment is None or moment.time:
        return moment or quoted
    return quoted if quoted and quoted.day == moment.day else moment


def _lists(by_field: _ByField, values: dict[str, Any]) -> dict[str, Any]:
    categories_found, mentioned = unite_products(by_field["products_discussed"])
    return {
        "real_estate_locations": unite_locations(by_field["real_estate_locations"]),
        "products": categories_found,
        "products_mentioned": mentioned,
        "objections": unite_objections(by_field["objections_raised"]),
        "next_steps": unite_steps(
            by_field["next_steps"], values["meeting_date"], values["advisor"], tuple(values["persons"])
        ),
    }


def _not_understood(findings: Sequence[Finding]) -> tuple[PassedOver, ...]:
    return tuple(passed_over(finding, "not understood") for finding in findings)
