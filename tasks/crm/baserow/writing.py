"""Sending batches: what was stored, what Baserow will not take and why, and what has to be looked up again."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from blocks.errors import BaserowError
from tasks.crm.baserow.cells import readable
from tasks.crm.baserow.connection import Answer, Connection, LostAnswerError
from tasks.crm.baserow.refusals import CONSTRAINT, meaning, stop
from tasks.crm.baserow.result import Reject
from tasks.crm.baserow.schema import LiveTable

BATCH = 200
BATCH_BYTES = 4_000_000
LOST_AT_MOST = 3
"""So many requests of one round may stay without an answer before the server, not a row, is taken to be at fault."""
Method = Literal["POST", "PATCH"]


@dataclass(frozen=True)
class Item:
    external_id: str
    body: dict[str, Any]
    """Field keys and values; with the row's `id` for an update."""


@dataclass(frozen=True)
class Doubt:
    """Why a row must be looked up again before the next try."""

    why: str
    refused: bool = False
    """Whether Baserow said so of the row's values, which may clash with another row's; else it only did not say."""


@dataclass
class Sent:
    """What became of the items of one or more batches."""

    stored: set[str] = field(default_factory=set)
    rejected: list[Reject] = field(default_factory=list)
    unsure: dict[str, Doubt] = field(default_factory=dict)
    """By external id."""
    lost: int = 0
    """How many requests got no usable answer."""


async def send(connection: Connection, table: LiveTable, method: Method, items: list[Item], size: int) -> Sent:
    """Sends all items in batches of at most `size`. Raises BaserowError when nothing on this table will go through."""
    sent = Sent()
    for batch in batches(items, size):
        await _send(connection, table, method, batch, sent)
    return sent


def batches(items: list[Item], size: int) -> Iterator[list[Item]]:
    """The items in order, at most `size` and about 4 MB in one list."""
    batch: list[Item] = []
    room = BATCH_BYTES
    for item in items:
        length = len(json.dumps(item.body, ensure_ascii=False))
        if batch and (len(batch) == min(size, BATCH) or length > room):
            yield batch
            batch, room = [], BATCH_BYTES
        batch.append(item)
        room -= length
    if batch:
        yield batch


async def _send(connection: Connection, table: LiveTable, method: Method, batch: list[Item], sent: Sent) -> None:
    """One batch. It is all or nothing, so whatever is refused is taken out or divided, and the rest sent again."""
    try:
        answer = await connection.call(
            method,
            f"database/rows/table/{table.id}/batch/",
            body={"items": [item.body for item in batch]},
            repeatable=method == "PATCH",  # setting a value twice is harmless, creating a row twice is not
        )
    except LostAnswerError as error:
        sent.lost += 1
        if sent.lost > LOST_AT_MOST:
            raise _no_answers(table, sent.lost) from error
        return _unsure(batch, Doubt(error.happened), sent)
    if answer.fine:
        sent.stored |= {item.external_id for item in batch}
        return None
    match meaning(answer):
        case "rows":
            rest = _take_out(table, batch, answer, sent)
            return await _send(connection, table, method, rest, sent) if rest else None
        case "divide" if len(batch) > 1:
            middle = len(batch) // 2
            await _send(connection, table, method, batch[:middle], sent)
            return await _send(connection, table, method, batch[middle:], sent)
        case "divide":
            sent.rejected.append(Reject(external_id=batch[0].external_id, reason=_reason(answer)))
            return None
        case "look up":
            return _unsure(batch, Doubt(_reason(answer), answer.code == CONSTRAINT), sent)
    raise stop(answer, f"a {'new row' if method == 'POST' else 'change'} in {table.spec.name}")


def _take_out(table: LiveTable, batch: list[Item], answer: Answer, sent: Sent) -> list[Item]:
    """Rejects the rows the detail names, by their place in this batch; returns the others."""
    problems: dict[str, Any] = answer.detail["items"]
    named = {int(place): problem for place, problem in problems.items() if place.isdigit() and int(place) < len(batch)}
    if not named:
        raise stop(answer, f"rows of {table.spec.name} without naming one of them")
    for place, problem in named.items():
        reason = readable(table, problem)
        sent.rejected.append(Reject(external_id=batch[place].external_id, reason=reason))
    return [item for place, item in enumerate(batch) if place not in named]


def _unsure(batch: list[Item], doubt: Doubt, sent: Sent) -> None:
    sent.unsure |= {item.external_id: doubt for item in batch}


def _reason(answer: Answer) -> str:
    return answer.detail if isinstance(answer.detail, str) else str(answer)


def _no_answers(table: LiveTable, lost: int) -> BaserowError:
    return BaserowError(
        f"Baserow gave no usable answer to {lost} requests for new rows in {table.spec.name}.",
        means="it can be read but not written; no row is doubled, the rest waits in the database.",
        do="look into Baserow's log, then run the sync flow.",
    )
