"""The endpoints that read and write rows."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.baserow import answers
from tests.doubles.baserow.accounts import Accounts, Right
from tests.doubles.baserow.answers import bad_body, problem
from tests.doubles.baserow.faults import wait
from tests.doubles.baserow.query import Listing, Query, first, truthy
from tests.doubles.baserow.request import Request
from tests.doubles.baserow.rows import BATCH, LinkTraffic, Rows
from tests.doubles.baserow.store import Store, Table


@dataclass
class RowApi:
    store: Store
    accounts: Accounts
    links: LinkTraffic = field(default_factory=LinkTraffic)
    link_write_seconds: float = 0.0
    """How long a write of links stays under way, so that two can meet."""

    def allowed(self, request: Request, table_id: int, right: Right) -> Table:
        """The table, checked as the server does: credentials, then the table, then the right."""
        token = self.accounts.token(request.authorization)
        table = self.store.table(table_id)
        if token is not None and not token.may(right, table):
            raise answers.no_permission()
        return table

    def seen(self, request: Request, table_id: int, right: Right) -> Rows:
        return Rows(self.store, self.allowed(request, table_id, right), truthy(request.query, "user_field_names"))

    def get_rows(self, request: Request, table_id: int) -> Any:
        rows = self.seen(request, table_id, "read")
        return Listing(rows, request.query, f"{request.base}{request.path}").answer()

    def get_row(self, request: Request, table_id: int, row_id: str) -> Any:
        rows = self.seen(request, table_id, "read")
        if first(request.query, "include") == "metadata":
            detail = "The token cannot include row metadata."
            raise answers.refused(400, "ERROR_CANNOT_INCLUDE_ROW_METADATA", detail)
        return rows.shown(rows.row(row_id))

    def get_row_names(self, request: Request) -> Any:
        found: dict[str, dict[str, Any]] = {}
        for key, value in request.query:
            table_id = key.removeprefix("table__")
            table = self.allowed(request, int(table_id), "read")
            wanted = [int(part) for part in value.split(",")]
            names = {str(i): table.rows[i].cells.get(table.primary().id) for i in wanted if i in table.rows}
            found[table_id] = names
        return found

    def post_rows(self, request: Request, table_id: int) -> Any:
        rows, body = self.seen(request, table_id, "create"), mapping(request.body())
        before = before_row(request.query, "before")
        with self.writing(rows, [body]):
            return rows.shown(rows.create([body], before, batch=False)[0])

    def patch_row(self, request: Request, table_id: int, row_id: str) -> Any:
        rows, body = self.seen(request, table_id, "update"), request.body()
        if not isinstance(body, dict):
            text = f"Invalid data. Expected types are: dict, but got {type(body).__name__}."
            raise bad_body({"non_field_errors": [problem(text)]})
        with self.writing(rows, [body]):
            return rows.shown(rows.update([body], [int(row_id)], batch=False)[0])

    def delete_row(self, request: Request, table_id: int, row_id: str) -> None:
        self.seen(request, table_id, "delete").delete([int(row_id)], shown=[row_id])

    def patch_move(self, request: Request, table_id: int, row_id: str) -> Any:
        rows = self.seen(request, table_id, "update")
        return rows.shown(rows.move(int(row_id), before_row(request.query, "before_id")))

    def post_batch(self, request: Request, table_id: int) -> Any:
        rows, items = self.seen(request, table_id, "create"), batch_items(request.body())
        self.check_batch(rows, items)
        with self.writing(rows, items):
            made = rows.create(items, before_row(request.query, "before"), batch=True)
            answer: dict[str, Any] = {"items": [rows.shown(row) for row in made]}
        if truthy(request.query, "include_metadata"):
            answer["metadata"] = {"updated_field_ids": sorted(rows.table.fields)}
        return answer

    def patch_batch(self, request: Request, table_id: int) -> Any:
        rows, items = self.seen(request, table_id, "update"), batch_items(request.body())
        self.check_batch(rows, items, with_ids=True)
        with self.writing(rows, items):
            changed = rows.update(items, [int(item["id"]) for item in items], batch=True)
            answer: dict[str, Any] = {"items": [rows.shown(row) for row in changed]}
        if truthy(request.query, "include_metadata"):
            written = sorted({f.id for f in rows.table.fields.values() for item in items if rows.key(f) in item})
            answer["metadata"] = {"updated_field_ids": written, "cascade_update": {"rows": [], "field_ids": []}}
        return answer

    def post_batch_delete(self, request: Request, table_id: int) -> None:
        rows, items = self.seen(request, table_id, "delete"), batch_items(request.body())
        wrong = {str(i): [problem("A valid integer is required.")] for i, v in enumerate(items) if not whole(v)}
        if wrong:
            raise bad_body({"items": wrong})
        too_many(items)
        rows.delete([int(item) for item in items])

    def check_batch(self, rows: Rows, items: list[Any], with_ids: bool = False) -> None:
        """Formats of all items at once; only a list without one malformed item is told that it is too long."""
        wrong: dict[str, Any] = {}
        for index, item in enumerate(items):
            if item is None:
                wrong[str(index)] = [problem("This field may not be null.", "null")]
            elif not isinstance(item, dict):
                text = f"Invalid data. Expected a dictionary, but got {type(item).__name__}."
                wrong[str(index)] = {"non_field_errors": [problem(text)]}
            elif with_ids and "id" not in item:
                wrong[str(index)] = {"id": [problem("This field is required.")]}
            elif with_ids and not whole(item["id"]):
                wrong[str(index)] = {"id": [problem("A valid integer is required.")]}
        if wrong:
            raise bad_body({"items": wrong})
        if len(items) > BATCH:
            rows.formats(items)
        too_many(items)

    @contextlib.contextmanager
    def writing(self, rows: Rows, bodies: list[dict[str, Any]]) -> Iterator[None]:
        """Links under way from both sides of one relation collide; everything else is done one after the other."""
        sides = set()
        for fld in rows.table.fields.values():
            if fld.type == "link_row" and any(rows.key(fld) in body for body in bodies):
                related = fld.options["link_row_related_field_id"] or fld.id
                sides.add((min(fld.id, related), fld.id))
        with self.links.write(sides):
            if sides and self.link_write_seconds:
                self.store.lock.release()
                try:
                    wait(self.link_write_seconds)
                finally:
                    self.store.lock.acquire()
            yield


def mapping(body: Any) -> dict[str, Any]:
    if body is None:
        raise bad_body({"non_field_errors": [problem("No data provided", "null")]})
    if not isinstance(body, dict):
        text = f"Invalid data. Expected a dictionary, but got {type(body).__name__}."
        raise bad_body({"non_field_errors": [problem(text)]})
    return body


def batch_items(body: Any) -> list[Any]:
    body = mapping(body)
    if "items" not in body:
        raise bad_body({"items": [problem("This field is required.")]})
    items: list[Any] = body["items"]
    if not items:
        raise bad_body({"items": [problem("Ensure this field has at least 1 elements.", "min_length")]})
    return items


def too_many(items: list[Any]) -> None:
    if len(items) > BATCH:
        raise bad_body({"items": [problem(f"Ensure this field has no more than {BATCH} elements.", "max_length")]})


def whole(value: Any) -> bool:
    return isinstance(value, int) or (isinstance(value, str) and value.strip().isdigit())


def before_row(query: Query, name: str) -> int | None:
    value = first(query, name)
    if value is None:
        return None
    if not value.isdigit():
        detail = {name: [problem("A valid integer is required.")]}
        raise answers.refused(400, "ERROR_QUERY_PARAMETER_VALIDATION", detail)
    return int(value)
