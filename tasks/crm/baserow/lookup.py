"""Finding rows by their external ids, many in one request, and trusting no answer that was not checked."""

import json
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from blocks.errors import BaserowError
from tasks.crm.baserow.connection import Answer, Connection
from tasks.crm.baserow.refusals import stop
from tasks.crm.baserow.schema import LiveTable

KEYS_AT_ONCE = 80
URL_BYTES = 7_000
"""Of the filters in the address; proxies often stop at 8 KB."""
PAGE = 200

Found = dict[str, list[dict[str, Any]]]


class QueryRefusedError(BaserowError):
    """A look-up was refused; fields or the table may have changed since the schema was compared."""


async def look_up(connection: Connection, table: LiveTable, keys: Iterable[str]) -> Found:
    """The live rows of each key that has any. Only our columns are read."""
    found: Found = {}
    include = ",".join(table.key(column) for column in table.spec.columns)
    for filters in _trees(table.key_field, keys):
        wanted = {condition["value"] for condition in filters["filters"]}
        params = {"filters": _compact(filters), "include": include, "size": str(PAGE)}
        async for row in _pages(connection, table, params):
            key = row.get(f"field_{table.key_field}")
            if key not in wanted:
                raise _stranger(table, str(key))
            found.setdefault(key, []).append(row)
    return found


async def _pages(connection: Connection, table: LiveTable, params: dict[str, str]) -> Any:
    """All rows of a query. Pages are counted here: `next` may name another host, and older servers refuse the end."""
    page = 1
    while True:
        answer = await connection.get(f"database/rows/table/{table.id}/", **params, page=str(page))
        if not answer.fine and answer.code == "ERROR_INVALID_PAGE":
            return
        rows = _results(answer, table)
        for row in rows:
            yield row
        if len(rows) < PAGE:
            return
        page += 1


def _results(answer: Answer, table: LiveTable) -> list[dict[str, Any]]:
    if not answer.fine:
        error = stop(answer, f"a look-up in {table.spec.name}")
        raise QueryRefusedError(error.happened, means=error.means, do=error.do)
    results: list[dict[str, Any]] = answer.body["results"]
    return results


def _trees(field: int, keys: Iterable[str]) -> Iterator[dict[str, Any]]:
    """OR trees of at most 80 keys and 7,000 bytes. `filters=` refuses an unknown field; `filter__…` would ignore it."""
    conditions: list[dict[str, Any]] = []
    size = 0
    for key in keys:
        condition = {"field": field, "type": "equal", "value": key}
        length = len(quote(_compact(condition))) + 3
        if conditions and (len(conditions) == KEYS_AT_ONCE or size + length > URL_BYTES):
            yield _tree(conditions)
            conditions, size = [], 0
        conditions.append(condition)
        size += length
    if conditions:
        yield _tree(conditions)


def _tree(conditions: list[dict[str, Any]]) -> dict[str, Any]:
    return {"filter_type": "OR", "filters": conditions, "groups": []}


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _stranger(table: LiveTable, key: str) -> BaserowError:
    return BaserowError(
        f"Baserow answered a look-up in {table.spec.name} with a row that was not asked for ({key!r:.60}).",
        means="its filter did not work; writing now could overwrite a stranger's row, so nothing more is written.",
        do="check that the field external_id is still there and of type text, then run the sync flow again.",
    )
