"""Listing rows: which fields, which rows, in what order, which page."""

import csv
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tests.doubles.baserow import answers
from tests.doubles.baserow.filters import Condition, Tree, condition, matches, read_tree
from tests.doubles.baserow.rows import Rows
from tests.doubles.baserow.store import Field, Row

SIMPLE = re.compile(r"filter__(.+)__([a-zA-Z0-9_]*)")
PAGE = 200
Query = list[tuple[str, str]]


def first(query: Query, name: str) -> str | None:
    return next((value for key, value in query if key == name), None)


def truthy(query: Query, name: str) -> bool:
    value = first(query, name)
    return value is not None and value.lower() in ("", "y", "yes", "true", "t", "on", "1")


def number(query: Query, name: str, otherwise: int) -> int:
    try:
        return int(first(query, name) or "")
    except ValueError:
        return otherwise


def names_in(text: str) -> list[str]:
    """Names separated by commas; a name with a comma stands in double quotes, inner quotes after a backslash."""
    return next(csv.reader([text], escapechar="\\", doublequote=False, skipinitialspace=True), [])


@dataclass
class Listing:
    """One `GET rows/table/{t}/`. `url` is the public address of the list, for `next` and `previous`."""

    rows: Rows
    query: Query
    url: str

    def answer(self) -> dict[str, Any]:
        if first(self.query, "view_id"):
            raise answers.refused(404, "ERROR_VIEW_DOES_NOT_EXIST", "The requested view does not exist.")
        size = number(self.query, "size", 0)
        if size > PAGE:
            raise answers.refused(400, "ERROR_PAGE_SIZE_LIMIT", f"The page size is limited to {PAGE}.")
        size = size if size > 0 else 100
        fields = self.fields()
        found = self.sorted(self.filtered(fields), fields)
        page = max(1, number(self.query, "page", 1))
        if first(self.query, "page") == "last":
            page = max(1, -(-len(found) // size))
        shown, joins = found[(page - 1) * size : page * size], self.joins(fields)
        return {
            "count": len(found),
            "next": self.link(page + 1) if page * size < len(found) else None,
            "previous": self.link(page - 1) if page > 1 else None,
            "results": [self.rows.shown(row, fields, joins) for row in shown],
        }

    def link(self, page: int) -> str:
        kept = [(key, value) for key, value in self.query if key != "page"]
        return f"{self.url}?{urlencode(sorted(kept + [('page', str(page))] * (page > 1), key=lambda pair: pair[0]))}"

    def fields(self) -> list[Field]:
        every = self.rows.table.sorted_fields()
        include, exclude = first(self.query, "include"), first(self.query, "exclude")
        if include:
            wanted = names_in(include)
            # None of them known is as good as no `include` at all.
            every = [f for f in every if self.rows.key(f) in wanted] or every
        if exclude:
            every = [f for f in every if self.rows.key(f) not in names_in(exclude)]
        return every

    def joins(self, fields: list[Field]) -> dict[int, list[Field]]:
        found = {}
        for fld in fields:
            wanted = first(self.query, f"{self.rows.key(fld)}__join")
            if wanted and fld.type == "link_row":
                target = self.rows.store.tables[fld.options["link_row_table_id"]]
                found[fld.id] = [f for f in target.sorted_fields() if f.name in names_in(wanted)]
        return found

    def filtered(self, fields: list[Field]) -> list[Row]:
        rows = self.rows.table.sorted_rows()
        filters = first(self.query, "filters")
        tree = self.tree(filters, fields) if filters else self.simple(fields)
        rows = [row for row in rows if matches(self.rows, row, tree)]
        search = first(self.query, "search")
        return [row for row in rows if self.holds(row, fields, search)] if search else rows

    def simple(self, fields: list[Field]) -> Tree:
        """`filter__X__type` parameters. One whose field is unknown or left out is ignored: all rows come back."""
        tree = Tree("OR" if (first(self.query, "filter_type") or "").upper() == "OR" else "AND")
        for key, value in self.query:
            shape = SIMPLE.fullmatch(key)
            if not shape:
                continue
            name, kind = shape.groups()
            if name in ("field_id", "field_updated_on", "field_created_on"):
                tree.conditions.append(Condition(None, kind, value, row_part=name.removeprefix("field_")))
                continue
            by_id = re.fullmatch(r"field_(\d+)", name)
            fld = next((f for f in fields if self.rows.key(f) == name or (by_id and f.key == name)), None)
            if fld:
                tree.conditions.append(condition(fld, kind, value))
            elif by_id:
                raise not_found(by_id[1])
        return tree

    def tree(self, text: str, fields: list[Field]) -> Tree:
        try:
            given = json.loads(text)
        except ValueError as error:
            detail = {"error": "The provided filters are not valid JSON.", "code": "invalid_json"}
            raise answers.refused(400, "ERROR_FILTERS_PARAM_VALIDATION_ERROR", detail) from error

        def find(name: Any) -> Field:
            known = {f.name: f for f in fields} if self.rows.names else {f.id: f for f in fields}
            fld = known.get(name)
            if fld is None:
                raise not_found("None" if self.rows.names else str(name))
            return fld

        return read_tree(given, find)

    def holds(self, row: Row, fields: list[Field], text: str) -> bool:
        if text == str(row.id):
            return True
        return any(text.lower() in shown.lower() for f in fields for shown in texts(self.rows.cell(row, f)))

    def sorted(self, rows: list[Row], fields: list[Field]) -> list[Row]:
        for name in reversed(names_in(first(self.query, "order_by") or "")):
            plain = name.lstrip("+-")
            fld = next((f for f in fields if plain in (f.name if self.rows.names else f.key,)), None)
            if fld is None:
                raise answers.refused(
                    400, "ERROR_ORDER_BY_FIELD_NOT_FOUND", f"The field {name} was not found in the table."
                )
            rows = sorted(rows, key=lambda row: self.rank(row, fld), reverse=name.startswith("-"))
        return rows

    def rank(self, row: Row, fld: Field) -> tuple[int, Any]:
        """Empty first; texts without regard to case, as the database's collation has it."""
        if fld.type in ("created_on", "last_modified"):
            return (1, row.created_on if fld.type == "created_on" else row.updated_on)
        value = row.cells.get(fld.id)
        if value in (None, []):
            return (0, 0)
        if isinstance(value, str):
            return (1, value.casefold())
        return (1, [link["value"] or "" for link in self.rows.cell(row, fld)] if isinstance(value, list) else value)


def texts(shown: Any) -> list[str]:
    if isinstance(shown, list):
        return [text for item in shown for text in texts(item)]
    if isinstance(shown, dict):
        return [str(shown["value"])]
    return [] if shown is None or isinstance(shown, bool) else [str(shown)]


def not_found(name: str) -> answers.RefusedError:
    return answers.refused(400, "ERROR_FILTER_FIELD_NOT_FOUND", f"The field {name} was not found in the table.")
