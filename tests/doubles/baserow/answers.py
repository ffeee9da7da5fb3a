"""What the server says when it refuses: status, body and headers, word for word as recorded."""

from collections.abc import Iterable
from typing import Any

HTML_500 = (
    '\n<!doctype html>\n<html lang="en">\n<head>\n  <title>Server Error (500)</title>\n</head>\n<body>\n'
    "  <h1>Server Error (500)</h1><p></p>\n</body>\n</html>\n"
)
HTML_400 = HTML_500.replace("Server Error (500)", "Bad Request (400)")
BODY = "ERROR_REQUEST_BODY_VALIDATION"
CONSTRAINT = "ERROR_FIELD_DATA_CONSTRAINT"


class RefusedError(Exception):
    """An answer that is not a success; `body` is sent as JSON, or as HTML when it is a text."""

    def __init__(self, status: int, body: Any, **headers: str) -> None:
        super().__init__(status, body)
        self.status, self.body, self.headers = status, body, {k.replace("_", "-"): v for k, v in headers.items()}


def refused(status: int, error: str, detail: Any) -> RefusedError:
    return RefusedError(status, {"error": error, "detail": detail})


def bad_body(detail: Any) -> RefusedError:
    return refused(400, BODY, detail)


def problem(error: str, code: str = "invalid") -> dict[str, str]:
    return {"error": error, "code": code}


def not_json(text: str) -> RefusedError:
    return RefusedError(400, {"detail": f"JSON parse error - {text}"})


def no_credentials(status: int = 401) -> RefusedError:
    return unauthorised({"detail": "Authentication credentials were not provided."}, status)


def bad_token(
    detail: str = "The provided token does not exist.", error: str = "ERROR_TOKEN_DOES_NOT_EXIST"
) -> RefusedError:
    return unauthorised({"detail": detail, "error": error})


def bad_jwt() -> RefusedError:
    return bad_token("Access token is expired or invalid.", "ERROR_INVALID_ACCESS_TOKEN")


def unauthorised(body: dict[str, Any], status: int = 401) -> RefusedError:
    return RefusedError(status, body, www_authenticate='JWT realm="api"')


def no_permission() -> RefusedError:
    return refused(401, "ERROR_NO_PERMISSION_TO_TABLE", "The token does not have permissions to the table.")


def no_table() -> RefusedError:
    return refused(404, "ERROR_TABLE_DOES_NOT_EXIST", "The requested table does not exist.")


def no_rows(ids: Iterable[Any]) -> RefusedError:
    return refused(404, "ERROR_ROW_DOES_NOT_EXIST", f"The rows {list(ids)} do not exist.")


def not_unique(ids: Iterable[int]) -> RefusedError:
    return refused(400, "ERROR_ROW_IDS_NOT_UNIQUE", f"The provided row ids {list(ids)} are not unique.")


def taken() -> RefusedError:
    return refused(400, CONSTRAINT, "The operation violates a field constraint")


def bad_options(values: Iterable[Any]) -> RefusedError:
    wrong = sorted({str(value) for value in values})
    if len(wrong) == 1:
        return bad_body(f"The provided select option value '{wrong[0]}' is not a valid select option.")
    return bad_body(f"The provided select option values {wrong} are not valid select options.")


def bad_link(text: str) -> RefusedError:
    return bad_body(f"The provided text value '{text}' doesn't match any row in the linked table.")


def read_only(kind: str) -> RefusedError:
    return bad_body(f"Field of type {kind} is read only and should not be set manually.")


def deadlock() -> RefusedError:
    return refused(
        409,
        "ERROR_DATABASE_DEADLOCK",
        "The requested resource is already being updated or used by another operation, please try again after other "
        "concurrent operations have finished.",
    )


def throttled(seconds: int = 30) -> RefusedError:
    return RefusedError(
        429,
        {"detail": f"Request was throttled. Expected available in {seconds} seconds."},
        retry_after=str(seconds),
        vary="origin",
    )
