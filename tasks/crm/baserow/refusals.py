"""What a refusal means for the sync: a stop of the table, or a matter of single rows."""

from typing import Literal

from blocks.errors import BaserowError
from tasks.crm.baserow.connection import Answer

Meaning = Literal["rows", "divide", "look up", "stop"]
"""rows: the detail names the rows. divide: one text for all, a smaller batch finds the row. look up: the rows' state
is not what we thought. stop: nothing on this table will go through."""

CREDENTIALS = "put a valid database token into the Baserow block; `phasegate baserow bootstrap` makes one."
ADDRESS = "check the address in the Baserow block: scheme, host and port as in the browser, nothing after them."
WHAT_TO_DO: dict[str, tuple[str, str]] = {
    "ERROR_TOKEN_DOES_NOT_EXIST": ("the token is wrong, was rotated or deleted.", CREDENTIALS),
    "ERROR_INVALID_TOKEN_HEADER": ("the token is empty or has blanks in it.", CREDENTIALS),
    "ERROR_TOKEN_GROUP_MISMATCH": ("the token belongs to a workspace that is gone.", CREDENTIALS),
    "ERROR_USER_NOT_ACTIVE": ("the person who made the token is no longer active.", CREDENTIALS),
    "ERROR_NO_PERMISSION_TO_TABLE": (
        "the token lacks the right to do this in this table, or the table is in another workspace.",
        "give the token create, read and update on the five tables (Baserow: account, database tokens).",
    ),
    "ERROR_CANNOT_CREATE_ROWS_IN_TABLE": (
        "the table is filled by a data sync of Baserow's own.",
        "sync into a table without one.",
    ),
    "ERROR_TABLE_DOES_NOT_EXIST": (
        "the table was deleted.",
        "restore it from Baserow's trash, or run `phasegate baserow bootstrap`.",
    ),
    "URL_NOT_FOUND": ("there is no such address on that server; it may be no Baserow, or one before 1.33.3.", ADDRESS),
    "URL_TRAILING_SLASH_MISSING": ("the address is wrong.", ADDRESS),
}


CONSTRAINT = "ERROR_FIELD_DATA_CONSTRAINT"


def meaning(answer: Answer) -> Meaning:
    if answer.code in (CONSTRAINT, "ERROR_ROW_DOES_NOT_EXIST"):
        return "look up"
    if answer.status == 413 or answer.code == "MAX_LOCKS_PER_TRANSACTION_EXCEEDED":
        return "divide"
    if answer.code == "ERROR_REQUEST_BODY_VALIDATION":
        items = answer.detail.get("items") if isinstance(answer.detail, dict) else None
        if isinstance(items, dict):
            return "rows"
        return "divide" if isinstance(answer.detail, str) else "stop"
    return "stop"


def stop(answer: Answer, doing: str) -> BaserowError:
    """The error that ends a table's sync; `doing` completes "Baserow refused ..."."""
    means, do = WHAT_TO_DO.get(answer.code) or _by_status(answer)
    return BaserowError(f"Baserow refused {doing}: {answer}.", means=means, do=do)


def _by_status(answer: Answer) -> tuple[str, str]:
    if answer.status in (401, 403):
        return "the credentials are missing or not enough for this.", CREDENTIALS
    if answer.status == 400 and answer.body is None:
        return "the server does not answer to that host name.", ADDRESS
    if answer.status == 404:
        return "there is nothing at that address.", ADDRESS
    return (
        "Baserow does not take requests of this form; another try will not help.",
        "report it with this message and Baserow's version.",
    )
