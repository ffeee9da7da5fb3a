"""Making the five tables with a person's login: what is missing is added, what a person changed is only reported."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from blocks.errors import BaserowError
from tasks.crm.baserow.connection import Answer, Connection, LostAnswerError, Patience, as_expected
from tasks.crm.baserow.credentials import LoginAuth
from tasks.crm.baserow.live import read_fields
from tasks.crm.baserow.refusals import stop
from tasks.crm.baserow.schema import UNIQUE, compare, definition, is_unique, missing_options, option
from tasks.crm.tables import KEY, TABLES, Column, Table

SEED = "(made by phasegate; may be deleted)"
"""Baserow makes a table either from data, with at least one row, or with fields of its own choice. This row goes at once."""


class BootstrapReport(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    made: list[str] = Field(default_factory=list)
    """Tables, fields, options and constraints that were missing, in the order they were made."""
    differing: list[str] = Field(default_factory=list)
    """What is there but not as the sync needs it; a person has to change it."""
    token: SecretStr | None = None
    """A database token that may create, read and update rows of the five tables, if one was asked for."""


async def bootstrap(
    url: str,
    email: str,
    password: SecretStr,
    database_id: int,
    *,
    token_name: str | None = None,
    patience: Patience | None = None,
    tables: Iterable[Table] = TABLES,
) -> BootstrapReport:
    """Makes what is missing; running it again changes nothing. Raises BaserowError when Baserow refuses a step.

    With `token_name`, the token of that name is made, or the one that is there given back. One that may do everything, as
    every new one may, is limited to the five tables, and `made` says so; other rights stay as they are.
    """
    async with Connection(url, LoginAuth(url, email, password), patience=patience) as connection:
        work = _Bootstrap(connection, database_id)
        with as_expected("a request of the setup"):
            for table in tables:
                await work.ensure_table(table)
            token = await work.ensure_token(token_name) if token_name else None
        return BootstrapReport(made=work.made, differing=work.differing, token=token)


class _Bootstrap:
    def __init__(self, connection: Connection, database_id: int) -> None:
        self.connection, self.database_id = connection, database_id
        self.made: list[str] = []
        self.differing: list[str] = []
        self.table_ids: list[int] = []
        self.workspace_id = 0

    async def ensure_table(self, table: Table) -> None:
        table_id = await self._table_id(table.name)
        if table_id is None:
            data = {"name": table.name, "data": [[KEY], [SEED]], "first_row_header": True}
            path = f"database/tables/database/{self.database_id}/"
            await self._make(path, data, table.name)
            table_id = await self._table_id(table.name)
            if table_id is None:
                raise _not_listed(table.name, self.database_id)
        self.table_ids.append(table_id)
        there = {field["name"]: field for field in await read_fields(self.connection, table_id)}
        for column in table.columns:
            await self._ensure_column(table, table_id, column, there.get(column.name))
        fields = await read_fields(self.connection, table_id)
        self.workspace_id = fields[0]["workspace_id"]
        key = {field["name"]: field for field in fields}[KEY]
        if key["type"] == "text":
            await self._delete_seed(table_id, key["id"])
        self.differing += compare(table, fields)

    async def _table_id(self, name: str) -> int | None:
        answer = await self.connection.get(f"database/tables/database/{self.database_id}/")
        found = [
            entry["id"]
            for entry in _fine(answer, f"the tables of database {self.database_id}")
            if entry["name"] == name
        ]
        if len(found) > 1:
            raise BaserowError(
                f"Database {self.database_id} has {len(found)} tables named {name}.",
                means="the sync could not tell which one is meant; nothing was changed in them.",
                do="rename or delete all but one of them in Baserow, then run the setup again.",
            )
        return found[0] if found else None

    async def _ensure_column(self, table: Table, table_id: int, column: Column, field: dict[str, Any] | None) -> None:
        place = f"{table.name}.{column.name}"
        if field is None:
            await self._make(f"database/fields/table/{table_id}/", definition(column), place)
        elif field["type"] == column.type:
            await self._complete(place, column, field)

    async def _complete(self, place: str, column: Column, field: dict[str, Any]) -> None:
        """Adds options and the constraint to a field of the right type; what is there stays as it is."""
        if missing := missing_options(column, field):
            there = field["select_options"]
            added = [option(text, len(there) + number) for number, text in enumerate(missing)]
            body = {"select_options": [*there, *added]}
            await self._change(field["id"], body, f"{place}: options {', '.join(missing)}")
        if column.unique and not is_unique(field):
            body = {"field_constraints": [*field["field_constraints"], UNIQUE]}
            await self._change(field["id"], body, f"{place}: unique constraint")

    async def _make(self, path: str, body: dict[str, Any], what: str) -> None:
        """Sends a create that may be lost on the way: refused as a double on the next try, it was stored before."""
        attempts = self.connection.patience.attempts
        for failures in range(1, attempts + 1):
            try:
                answer = await self.connection.call("POST", path, body=body, repeatable=False)
            except LostAnswerError as error:
                await self.connection.pause(1)
                if "tables/database" in path and await self._table_id(body["name"]) is not None:
                    break
                if failures == attempts:
                    raise _never_answered(what, attempts, error) from None
                continue
            if answer.code != "ERROR_FIELD_WITH_SAME_NAME_ALREADY_EXISTS":
                _fine(answer, f"to make {what}")
            break
        self.made.append(what)

    async def _change(self, field_id: int, body: dict[str, Any], what: str) -> None:
        answer = await self.connection.call("PATCH", f"database/fields/{field_id}/", body=body)
        if answer.code == "ERROR_FIELD_CONSTRAINT":
            self.differing.append(f"{what} cannot be set: two rows have the same value; delete one of them")
            return
        _fine(answer, f"to change {what}")
        self.made.append(what)

    async def _delete_seed(self, table_id: int, key_field: int) -> None:
        params = {f"filter__field_{key_field}__equal": SEED}
        answer = await self.connection.get(f"database/rows/table/{table_id}/", **params)
        for row in _fine(answer, "a look at a new table")["results"]:
            if row[f"field_{key_field}"] == SEED:
                gone = await self.connection.call("DELETE", f"database/rows/table/{table_id}/{row['id']}/")
                if gone.status != 404:
                    _fine(gone, "to delete the first row of a new table")

    async def ensure_token(self, name: str) -> SecretStr:
        """A token that may create, read and update rows of the five tables, and delete none."""
        token = found = await self._token(name)
        if token is None:
            body = {"name": name, "workspace": self.workspace_id}
            answer = await self.connection.call("POST", "database/tokens/", body=body, repeatable=False)
            token = _fine(answer, f"to make the token {name}")
            self.made.append(f"token {name}")
        if all(allowed is True for allowed in token["permissions"].values()):
            await self._limit(token["id"])
            if found:
                self.made.append(f"token {name}: rights for the five tables alone, in place of all")
        else:
            self._check_rights(name, token["permissions"])
        return SecretStr(token["key"])

    async def _token(self, name: str) -> dict[str, Any] | None:
        listed = _fine(await self.connection.get("database/tokens/"), "the list of tokens")
        ours = (token for token in listed if token["name"] == name and token["workspace"] == self.workspace_id)
        return next(ours, None)

    def _check_rights(self, name: str, permissions: dict[str, Any]) -> None:
        for right in ("create", "read", "update"):
            allowed = permissions[right]
            for table_id in self.table_ids:
                places = (["table", table_id], ["database", self.database_id])
                if allowed is not True and not any(place in (allowed or []) for place in places):
                    self.differing.append(f"token {name} may not {right} rows of table {table_id}")

    async def _limit(self, token_id: int) -> None:
        tables = [["table", table_id] for table_id in self.table_ids]
        body = {"permissions": {"create": tables, "read": tables, "update": tables, "delete": False}}
        answer = await self.connection.call("PATCH", f"database/tokens/{token_id}/", body=body)
        _fine(answer, "to limit the token to the five tables")


def _fine(answer: Answer, what: str) -> Any:
    if not answer.fine:
        raise stop(answer, what)
    return answer.body


def _not_listed(table: str, database_id: int) -> BaserowError:
    return BaserowError(
        f"Baserow does not list the table {table} that it was just asked to make in database {database_id}.",
        means="its fields cannot be made; what was made before stays.",
        do="look into the database in Baserow; if it does not have the table, check that the address is that of Baserow "
        "1.33.3 or newer, then run the setup again: it makes only what is missing.",
    )


def _never_answered(what: str, attempts: int, last: LostAnswerError) -> BaserowError:
    return BaserowError(
        f"{what} was not made in {attempts} tries; the last one: {last.happened}",
        means="it may be there or not; what was made before stays.",
        do="when Baserow answers again, run the setup again: it makes only what is missing.",
    )
