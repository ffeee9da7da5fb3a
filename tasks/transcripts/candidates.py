"""What code alone can find in a window: e-mails, telephone numbers, sums, dates. With them an agent's answer is checked,
and offered to it as choices."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from tasks.transcripts.findings import FindingField
from tasks.transcripts.normalise.dates import find_dates
from tasks.transcripts.normalise.emails import find_emails, parse_email
from tasks.transcripts.normalise.money import find_sums, parse_money
from tasks.transcripts.normalise.phones import find_phones, parse_phone
from tasks.transcripts.normalise.states import find_states, parse_state
from tasks.transcripts.windows import Piece, Window

_AMOUNTS: frozenset[FindingField] = frozenset(("deal", "deposit", "estate_value"))


Kind = Literal["email", "phone", "sum", "date"]


@dataclass(frozen=True)
class Candidate:
    kind: Kind
    value: str
    """Normalised: address, E.164, plain decimal, ISO date."""
    quote: str
    turn: int
    timestamp: str
    speaker: str | None


def candidates(window: Window, base: date | None = None, *, dates: bool = True) -> list[Candidate]:
    """All of them in order of place; dates need the day of the meeting as `base`, and most of the time."""
    found = (
        candidate
        for piece in window.pieces
        for candidate in (*_in_piece(piece), *(_dates_in(piece, base) if dates else ()))
    )
    return list(dict.fromkeys(found))


def contradicts(field: FindingField, value: str, quote: str) -> str | None:
    """Why a quote that was found cannot prove the value, or None.

    An amount or a telephone number must stand in its own quote: they are what a model invents most, and what hurts most.
    An address may be spelled over several turns, so only another address in the quote speaks against it, as other states
    do against a state.
    """
    if field in _AMOUNTS:
        amount = parse_money(value)
        if amount is not None and amount not in _amounts(field, quote):
            return f"The quote does not contain the amount {amount}."
    elif field == "client_phone_number":
        number = parse_phone(value)
        if number is not None and number not in {found.e164 for found in find_phones(quote)}:
            return f"The quote does not contain the number {number}."
    elif field == "client_email":
        address, others = parse_email(value), {found.address for found in find_emails(quote)}
        if address is not None and others and address not in others:
            return f"The quote contains another address than {address}."
    elif field == "client_state":
        state, states = parse_state(value), find_states(quote)
        if state is not None and states and state not in states:
            return f"The quote names another state than {state}."
    return None


def proves(field: FindingField, value: str, quote: str) -> bool:
    """Whether code reads the same value in the quote as the agent did."""
    if field == "client_email":
        return parse_email(value) in {found.address for found in find_emails(quote)}
    if field == "client_phone_number":
        return parse_phone(value) in {found.e164 for found in find_phones(quote)}
    return field in _AMOUNTS and parse_money(value) in _amounts(field, quote)


def _amounts(field: FindingField, quote: str) -> set[Decimal]:
    amounts = {found.value for found in find_sums(quote)}
    if field == "estate_value":  # "two sixty-five for the cabin": people leave the thousand out
        amounts |= {amount * 1000 for amount in amounts if amount < 1000}
    return amounts


def _in_piece(piece: Piece) -> Iterator[Candidate]:
    text = piece.text
    where = (piece.turn, piece.timestamp, piece.speaker)
    for email in find_emails(text):
        yield Candidate("email", email.address, text[email.start : email.end].strip(), *where)
    phones = find_phones(text)
    for phone in phones:
        yield Candidate("phone", phone.e164, text[phone.start : phone.end], *where)
    for amount in find_sums(text):
        if amount.sure and not any(phone.start <= amount.start < phone.end for phone in phones):
            yield Candidate("sum", str(amount.value), text[amount.start : amount.end], *where)


def _dates_in(piece: Piece, base: date | None) -> Iterator[Candidate]:
    for mention in find_dates(piece.text, base):
        words = piece.text[mention.start : mention.end]
        yield Candidate("date", mention.day.isoformat(), words, piece.turn, piece.timestamp, piece.speaker)
