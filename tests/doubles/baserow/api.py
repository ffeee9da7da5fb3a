"""The paths of the API: which exist, who may call them, in which order things are checked."""

import re
from collections.abc import Callable
from typing import Any

from tests.doubles.baserow import answers, fields
from tests.doubles.baserow.request import Request
from tests.doubles.baserow.row_api import RowApi
from tests.doubles.baserow.rows import Rows
from tests.doubles.baserow.store import Field, Table

ROUTES: list[tuple[str, str]] = [
    (r"/api/_health/", "health"),
    (r"/api/user/", "user"),
    (r"/api/user/token-auth/", "login"),
    (r"/api/user/token-refresh/", "renew"),
    (r"/api/workspaces/", "workspaces"),
    (r"/api/applications/workspace/(\d+)/", "applications"),
    (r"/api/database/tokens/", "tokens"),
    (r"/api/database/tokens/check/", "check"),
    (r"/api/database/tokens/(\d+)/", "token"),
    (r"/api/database/tables/all-tables/", "all_tables"),
    (r"/api/database/tables/database/(\d+)/", "tables"),
    (r"/api/database/tables/(\d+)/", "table"),
    (r"/api/database/tables/(\d+)/import/async/", "file_import"),
    (r"/api/database/fields/table/(\d+)/", "fields"),
    (r"/api/database/fields/(\d+)/", "field"),
    (r"/api/database/rows/names/", "row_names"),
    (r"/api/database/rows/table/(\d+)/", "rows"),
    (r"/api/database/rows/table/(\d+)/batch/", "batch"),
    (r"/api/database/rows/table/(\d+)/batch-delete/", "batch_delete"),
    (r"/api/database/rows/table/(\d+)/(\d+)/", "row"),
    (r"/api/database/rows/table/(\d+)/(\d+)/move/", "move"),
    (r"/api/database/rows/table/(\d+)/(\d+)/(?:adjacent|history)/", "of_people"),
]


class Api(RowApi):
    """All endpoints; a handler is named `<method>_<route>`."""

    def answer(self, request: Request) -> tuple[int, Any]:
        """Status and body; raises RefusedError."""
        if not request.path.endswith("/"):
            raise answers.refused(
                404,
                "URL_TRAILING_SLASH_MISSING",
                f"A valid URL must end with a trailing slash. Please, redirect requests to {request.path}/",
            )
        for pattern, name in ROUTES:
            if found := re.fullmatch(pattern, request.path):
                return self._dispatch(name, request, list(found.groups()))
        raise answers.refused(404, "URL_NOT_FOUND", f"URL {request.path} not found.")

    def _dispatch(self, name: str, request: Request, ids: list[str]) -> tuple[int, Any]:
        method = "GET" if request.method == "HEAD" else request.method
        handler: Callable[..., Any] | None = getattr(self, f"{method.lower()}_{name}", None)
        if method == "OPTIONS":
            parses = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"]
            shown = name.title().replace("_", " ")
            return 200, {"name": shown, "description": "", "renders": ["application/json"], "parses": parses}
        if handler is None:
            raise answers.RefusedError(405, {"detail": f'Method "{method}" not allowed.'})
        last = ids[1:] if name in ("row", "move", "of_people") else []
        result = handler(request, *[int(i) for i in ids[:1]], *last)
        return (204, None) if result is None else (200, result)

    # accounts

    def get_health(self, request: Request) -> str:
        return "OK"

    def post_user(self, request: Request) -> Any:
        return self.accounts.register(request.body())

    def post_login(self, request: Request) -> Any:
        return self.accounts.login(request.body())

    def post_renew(self, request: Request) -> Any:
        return self.accounts.renew(request.body())

    def get_workspaces(self, request: Request) -> Any:
        self.accounts.user(request.authorization)
        return list(self.store.workspaces.values())

    def post_workspaces(self, request: Request) -> Any:
        user, number = self.accounts.user(request.authorization), self.store.take("workspace")
        member = {
            "id": number,
            "name": user.name,
            "email": user.email,
            "workspace": number,
            "permissions": "ADMIN",
            "created_on": self.store.clock().isoformat().replace("+00:00", "Z"),
            "user_id": user.id,
            "to_be_deleted": False,
        }
        workspace = {"id": number, "name": request.body()["name"], "users": [member], "order": number}
        self.store.workspaces[number] = workspace | {"permissions": "ADMIN", "generative_ai_models_enabled": {}}
        return self.store.workspaces[number]

    def get_applications(self, request: Request, workspace: int) -> Any:
        self.accounts.user(request.authorization)
        return [d for d in self.store.databases.values() if d["workspace"]["id"] == workspace]

    def post_applications(self, request: Request, workspace: int) -> Any:
        self.accounts.user(request.authorization)
        number, owner = self.store.take("database"), self.store.workspaces[workspace]
        self.store.databases[number] = {
            "id": number,
            "name": request.body()["name"],
            "order": number,
            "type": "database",
            "workspace": {key: owner[key] for key in ("id", "name", "generative_ai_models_enabled")},
            "created_on": self.store.clock().isoformat().replace("+00:00", "Z"),
            "tables": [],
        }
        return self.store.databases[number]

    def get_check(self, request: Request) -> Any:
        return self.accounts.check(request.authorization)

    def get_tokens(self, request: Request) -> Any:
        self.accounts.user(request.authorization)
        return [token.shown() for token in self.accounts.tokens.values()]

    def post_tokens(self, request: Request) -> Any:
        self.accounts.user(request.authorization)
        body = request.body()
        return self.accounts.new_token(body["name"], body["workspace"]).shown()

    def patch_token(self, request: Request, token_id: int) -> Any:
        self.accounts.user(request.authorization)
        return self.accounts.change_token(token_id, request.body())

    def delete_token(self, request: Request, token_id: int) -> None:
        self.accounts.user(request.authorization)
        del self.accounts.tokens[token_id]

    # tables and fields

    def get_all_tables(self, request: Request) -> Any:
        token = self.accounts.token(request.authorization)
        seen = [t for t in self.store.tables.values() if token and token.may("read", t)]
        return [{"id": t.id, "name": t.name, "order": t.order, "database_id": t.database_id} for t in seen]

    def get_tables(self, request: Request, database: int) -> Any:
        self.accounts.user(request.authorization)
        return [self._table(t) for t in self.store.tables.values() if t.database_id == self._database(database)]

    def post_tables(self, request: Request, database: int) -> Any:
        self.accounts.user(request.authorization)
        body = request.body()
        owner = self.store.databases[self._database(database)]["workspace"]["id"]
        number = self.store.take("table")
        table = Table(number, body["name"], len(self.store.tables) + 1, database, owner)
        self.store.tables[number] = table
        self._fill(table, body.get("data"))
        return self._table(table)

    def _database(self, database: int) -> int:
        if database not in self.store.databases:
            detail = "The requested application does not exist."
            raise answers.refused(404, "ERROR_APPLICATION_DOES_NOT_EXIST", detail)
        return database

    def _table(self, t: Table) -> dict[str, Any]:
        return {"id": t.id, "name": t.name, "order": t.order, "database_id": t.database_id, "data_sync": None}

    def _fill(self, table: Table, data: list[list[Any]] | None) -> None:
        """Fields and rows of a new table: from `data`, or the three fields and two empty rows nobody asked for."""
        head = data[0] if data else ["Name", "Notes", "Active"]
        for index, name in enumerate(head):
            kind = "text" if data else ("text", "long_text", "boolean")[index]
            fields.add(self.store, table, name, kind)
        rows = Rows(self.store, table, names=True)
        bodies = [dict(zip(head, line, strict=True)) for line in data[1:]] if data else [{"Name": "", "Notes": ""}] * 2
        if bodies:
            rows.create(bodies, None, batch=True)

    def delete_table(self, request: Request, table_id: int) -> None:
        self.accounts.user(request.authorization)
        self.store.table(table_id)
        del self.store.tables[table_id]

    def post_file_import(self, request: Request, table_id: int) -> Any:
        self.accounts.user(request.authorization)
        raise answers.RefusedError(501, {"detail": "File imports are not part of this double."})

    def get_of_people(self, request: Request, table_id: int, row_id: str) -> Any:
        self.accounts.user(request.authorization)
        raise answers.RefusedError(501, {"detail": "The views of the user interface are not part of this double."})

    def get_fields(self, request: Request, table_id: int) -> Any:
        table = self.allowed(request, table_id, "read")
        return [fields.serialise(self.store, f) for f in table.sorted_fields()]

    def post_fields(self, request: Request, table_id: int) -> Any:
        if self.accounts.token(request.authorization) is not None:
            raise answers.no_permission()
        return fields.create(self.store, self.store.table(table_id), request.body())

    def patch_field(self, request: Request, field_id: int) -> Any:
        self.accounts.user(request.authorization)
        return fields.change(self.store, self._field(field_id), request.body())

    def delete_field(self, request: Request, field_id: int) -> Any:
        self.accounts.user(request.authorization)
        return fields.delete(self.store, self._field(field_id))

    def _field(self, field_id: int) -> Field:
        found = next((f for f in self.store.all_fields() if f.id == field_id), None)
        if found is None:
            raise answers.refused(404, "ERROR_FIELD_DOES_NOT_EXIST", "The requested field does not exist.")
        return found
