"""Rows: what a cell looks like from outside, and creating, updating, deleting and moving, alone and in batches."""

import contextlib
import re
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, localcontext
from typing import Any

from tests.doubles.baserow import answers
from tests.doubles.baserow.store import READ_ONLY, Field, Row, Store, Table
from tests.doubles.baserow.values import BadValueError, choose, parse, resolve

BATCH = 200


def moment(value: datetime) -> str:
    return value.isoformat().replace("+00:00", "Z")


@dataclass
class Rows:
    """The rows of one table as one request sees them: `names` is what `user_field_names` said."""

    store: Store
    table: Table
    names: bool

    def key(self, fld: Field) -> str:
        return fld.name if self.names else fld.key

    # reading

    def shown(self, row: Row, fields: list[Field] | None = None, joins: dict[int, list[Field]] | None = None) -> Any:
        entry: dict[str, Any] = {"id": row.id, "order": f"{row.order:.20f}"}
        for fld in self.table.sorted_fields() if fields is None else fields:
            entry[self.key(fld)] = self.cell(row, fld, (joins or {}).get(fld.id, []))
        return entry

    def cell(self, row: Row, fld: Field, join: list[Field] | None = None) -> Any:
        value = row.cells.get(fld.id, fld.empty())
        match fld.type:
            case "number":
                return None if value is None else f"{value:.{fld.options['number_decimal_places']}f}"
            case "single_select":
                return next((o for o in fld.select_options if o["id"] == value), None)
            case "multiple_select":
                return [o for v in value for o in fld.select_options if o["id"] == v]
            case "link_row":
                return self._links(fld, value, join or [])
            case "created_on" | "last_modified":
                at = row.created_on if fld.type == "created_on" else row.updated_on
                return moment(at) if fld.options["date_include_time"] else at.date().isoformat()
            case "formula":
                return self._formula(row, fld)
        if isinstance(value, datetime):
            return moment(value)
        return value.isoformat() if isinstance(value, date) else value

    def _links(self, fld: Field, ids: list[int], join: list[Field]) -> list[dict[str, Any]]:
        target = self.store.tables[fld.options["link_row_table_id"]]
        primary, other = target.primary().id, Rows(self.store, target, self.names)
        rows = sorted((target.rows[i] for i in ids if i in target.rows), key=lambda r: (r.order, r.id))
        return [
            {"id": r.id, "value": r.cells.get(primary), "order": f"{r.order:.20f}"}
            | {other.key(f): other.cell(r, f) for f in join}
            for r in rows
        ]

    def _formula(self, row: Row, fld: Field) -> str:
        """Products and quotients of number fields, which is all the recorded formula needs; nothing counts as 0."""
        result, operator = Decimal(1), "*"
        for name, number, sign in re.findall(r"field\('([^']*)'\)|([\d.]+)|([*/])", fld.options["formula"]):
            if sign:
                operator = sign
                continue
            source = self.table.named(name)
            value = Decimal(number) if number else (source and row.cells.get(source.id)) or Decimal(0)
            with localcontext(prec=80):
                result = result * value if operator == "*" else result / value
        return f"{result:.10f}"

    def row(self, row_id: int | str) -> Row:
        if int(row_id) not in self.table.rows:
            raise answers.no_rows([row_id])
        return self.table.rows[int(row_id)]

    # writing

    def known(self, body: dict[str, Any], by_key: dict[str, Field]) -> list[tuple[Field, Any]]:
        """The keys that are fields; the others are dropped without a word, as the server does."""
        return [(by_key[key], value) for key, value in body.items() if key in by_key]

    def checked(self, bodies: list[dict[str, Any]], batch: bool) -> list[dict[int, Any]]:
        """Cells of all bodies. Formats of all rows first, then read-only fields, options and links of all rows."""
        parsed = self.formats(bodies, batch)
        self._pick_all(parsed)
        return parsed

    def formats(self, bodies: list[dict[str, Any]], batch: bool = True) -> list[dict[int, Any]]:
        wrong: dict[str, Any] = {}
        parsed: list[dict[int, Any]] = []
        by_key = {self.key(fld): fld for fld in self.table.sorted_fields()}
        for index, body in enumerate(bodies):
            cells, problems = {}, {}
            for fld, value in self.known(body, by_key):
                try:
                    cells[fld.id] = value if fld.type in READ_ONLY else parse(fld, value)
                except BadValueError as error:
                    problems[self.key(fld)] = error.problems
            parsed.append(cells)
            if problems:
                wrong[str(index)] = problems
        if wrong:
            raise answers.bad_body({"items": wrong} if batch else wrong["0"])
        return parsed

    def _pick_all(self, parsed: list[dict[int, Any]]) -> None:
        for field_id in dict.fromkeys(key for cells in parsed for key in cells):
            fld = self.table.fields[field_id]
            if fld.type in READ_ONLY:
                raise answers.read_only(fld.type)
            having = [cells for cells in parsed if cells.get(field_id) is not None]
            if fld.type == "single_select":
                for cells, ids in zip(having, choose(fld, [[c[field_id]] for c in having]), strict=True):
                    cells[field_id] = ids[0]
            elif fld.type == "multiple_select":
                for cells, ids in zip(having, choose(fld, [c[field_id] for c in having]), strict=True):
                    cells[field_id] = ids
            elif fld.type == "link_row":
                target = self.store.tables[fld.options["link_row_table_id"]]
                for cells in having:
                    cells[field_id] = resolve(target, cells[field_id])

    def create(self, bodies: list[dict[str, Any]], before: int | None, batch: bool) -> list[Row]:
        parsed = self.checked(bodies, batch)
        above = self.row_before(before) if before is not None else None
        now, last = self.store.clock(), self.table.last_order()
        ids = [self.table.take_id() for _ in parsed]
        made: list[Row] = []
        try:
            for row_id, cells in zip(ids, parsed, strict=True):
                order = self.table.order_before(above) if above else last + len(made)
                row = Row(row_id, order, {f.id: f.empty() for f in self.table.fields.values()} | cells, now, now)
                self.table.claim(row_id, row.cells, {})
                self.table.rows[row_id] = row
                made.append(row)
        except answers.RefusedError:
            for row in made:
                self.table.release(row)
                del self.table.rows[row.id]
            raise
        for row, cells in zip(made, parsed, strict=True):
            self._finish(row, cells)
        return made

    def _finish(self, row: Row, cells: dict[int, Any]) -> None:
        for fld in self.table.fields.values():
            if fld.type == "autonumber":
                row.cells[fld.id] = self.store.take(f"autonumber {fld.id}")
            elif fld.type == "uuid":
                row.cells[fld.id] = str(uuid.uuid4())
            elif fld.type == "link_row" and fld.id in cells:
                self._link_back(fld, row, [], cells[fld.id])

    def _link_back(self, fld: Field, row: Row, old: list[int], new: list[int]) -> None:
        back, target = fld.options["link_row_related_field_id"], self.store.tables[fld.options["link_row_table_id"]]
        if back is None:
            return
        for row_id in {*old, *new} & target.rows.keys():
            linked = target.rows[row_id].cells.setdefault(back, [])
            linked[:] = [i for i in linked if i != row.id] + [row.id] * (row_id in new)

    def update(self, bodies: list[dict[str, Any]], ids: list[int], batch: bool) -> list[Row]:
        parsed = self.checked(bodies, batch)
        if twice := [i for i, n in Counter(ids).items() if n > 1]:
            raise answers.not_unique(twice)
        if missing := [i for i in ids if i not in self.table.rows]:
            raise answers.no_rows(missing)
        changed = [self.table.rows[i] for i in ids]
        taken = [dict(row.cells) for row in changed]
        uniques = {
            field_id: dict(seen) for field_id, seen in self.table.uniques.items() if any(field_id in c for c in parsed)
        }
        try:
            for row, cells in zip(changed, parsed, strict=True):
                self.table.claim(row.id, cells, row.cells)
                row.cells = row.cells | cells
        except answers.RefusedError:
            self.table.uniques |= uniques
            for row, cells in zip(changed, taken, strict=True):
                row.cells = cells
            raise
        now = self.store.clock()
        for row, cells, old in zip(changed, parsed, taken, strict=True):
            row.updated_on = now
            for fld in self.table.fields.values():
                if fld.type == "link_row" and fld.id in cells:
                    self._link_back(fld, row, old.get(fld.id, []), cells[fld.id])
        return sorted(changed, key=lambda row: (row.order, row.id))

    def delete(self, ids: list[int], shown: list[Any] | None = None) -> None:
        if twice := [i for i, n in Counter(ids).items() if n > 1]:
            raise answers.not_unique(twice)
        if missing := [i for i in ids if i not in self.table.rows]:
            raise answers.no_rows(shown or missing)
        for row_id in ids:
            row = self.table.rows.pop(row_id)
            self.table.release(row)
            self.table.trash[row_id] = row

    def move(self, row_id: int, before: int | None) -> Row:
        row = self.row(row_id)
        row.order = self.table.order_before(self.row_before(before)) if before else self.table.last_order()
        return row

    def row_before(self, row_id: int) -> Row:
        if row_id not in self.table.rows:
            raise answers.no_rows([row_id])
        return self.table.rows[row_id]


@dataclass
class LinkTraffic:
    """Writes of links under way. Two from both sides of one relation collide in the server's database."""

    under_way: Counter[tuple[int, int]] = field(default_factory=Counter)
    """(relation, side) → writes."""

    @contextlib.contextmanager
    def write(self, sides: set[tuple[int, int]]) -> Iterator[None]:
        if any(
            self.under_way[r, s] for relation, side in sides for r, s in self.under_way if r == relation and s != side
        ):
            raise answers.RefusedError(500, answers.HTML_500)
        self.under_way.update(sides)
        try:
            yield
        finally:
            self.under_way.subtract(sides)
