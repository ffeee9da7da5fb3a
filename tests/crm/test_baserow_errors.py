"""Every row of Baserow's error table: what the sync does with it, and that the other tables do not mind."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from blocks.errors import BaserowError
from tasks.crm.baserow import TableResult
from tests.crm.baserow_setting import Setting, crm, record, records
from tests.doubles.baserow import answer, html_500, proxy

BODY = "ERROR_REQUEST_BODY_VALIDATION"
HTML_400 = "<html><body><h1>Bad Request (400)</h1></body></html>"


@pytest.fixture
def setting() -> Iterator[Setting]:
    with crm() as given:
        yield given


def deals(setting: Setting, rest: str = "batch/") -> str:
    return f"/rows/table/{setting.double.table('Deals').id}/{rest}"


def sync_deals(setting: Setting, *given: Any) -> TableResult:
    """The result for Deals; the other four tables must not have been touched by its trouble."""
    results = setting.sync(*(given or [record()]))
    others = [result for name, result in results.items() if name != "Deals"]
    assert all(result.complete for result in others)
    return results["Deals"]


def code(status: int, name: str, detail: Any = "said so") -> Callable[..., Any]:
    return answer(status, {"error": name, "detail": detail})


# refused for good: the table stops, and says what to do


@pytest.mark.parametrize(
    ("refusal", "advice"),
    [
        (code(400, "ERROR_ROW_IDS_NOT_UNIQUE"), "report it"),
        (code(400, BODY, {"items": [{"error": "Ensure this field has no more than 200 elements."}]}), "report it"),
        (code(400, "ERROR_CANNOT_CREATE_ROWS_IN_TABLE"), "sync into a table without one"),
        (answer(400, {"detail": "JSON parse error - Expecting value"}), "report it"),
        (answer(400, HTML_400), "check the address"),
        (answer(401, {"detail": "Authentication credentials were not provided."}), "token"),
        (code(401, "ERROR_TOKEN_DOES_NOT_EXIST"), "token"),
        (code(401, "ERROR_NO_PERMISSION_TO_TABLE"), "give the token create, read and update"),
        (code(401, "PERMISSION_DENIED"), "token"),
        (code(403, "ERROR_FEATURE_DISABLED"), "token"),
        (code(404, "URL_NOT_FOUND"), "check the address"),
        (code(404, "URL_TRAILING_SLASH_MISSING"), "check the address"),
        (answer(405, {"detail": 'Method "POST" not allowed.'}), "report it"),
        (answer(406, {"detail": "Could not satisfy the request Accept header."}), "report it"),
        (answer(415, {"detail": "Unsupported media type"}), "report it"),
        (answer(308, "", Location="https://elsewhere.example/"), "Baserow block"),
    ],
)
def test_a_refusal_that_will_not_change_stops_this_table_only(
    refusal: Callable[..., Any], advice: str, setting: Setting
) -> None:
    setting.double.faults.plan("before", method="POST", path=deals(setting), answer=refusal, times=9)
    result = sync_deals(setting)
    assert advice in str(result.error)
    assert (result.created, result.rejected, setting.double.rows("Deals")) == (0, [], [])
    assert len([seen for seen in setting.double.writes() if deals(setting) in seen.path]) == 1


def test_the_message_says_what_happened_what_it_means_and_what_to_do(setting: Setting) -> None:
    refusal = code(401, "ERROR_NO_PERMISSION_TO_TABLE", "The token does not have permissions to the table.")
    setting.double.faults.plan("before", method="POST", path=deals(setting), answer=refusal)
    lines = str(sync_deals(setting).error).splitlines()
    assert lines[0].startswith("Baserow refused a new row in Deals: 401 ERROR_NO_PERMISSION_TO_TABLE")
    assert lines[1].startswith("It means: the token lacks the right")
    assert lines[2].startswith("Next: give the token create, read and update")
    assert setting.token.get_secret_value() not in str(lines)


# refused rows


def test_a_row_refused_by_its_values_is_rejected_with_baserows_reason(setting: Setting) -> None:
    field = setting.double.table("Deals").named("next_action")
    assert field
    detail = {"items": {"1": {field.key: [{"error": "Not a valid string.", "code": "invalid"}]}}}
    setting.double.faults.plan("before", method="POST", path=deals(setting), answer=code(400, BODY, detail))
    result = sync_deals(setting, *records(3))
    assert [(r.external_id, r.reason) for r in result.rejected] == [("10000002", "next_action: Not a valid string.")]
    assert sorted(setting.rows("Deals")) == ["10000001", "10000003"]


def test_one_text_for_the_whole_batch_is_halved_until_the_row_is_found(setting: Setting) -> None:
    given = records(20, deal={"products": ["LLC"]})
    given[12] = record(13, deal={"products": ["Tax Planning"]})

    def rename() -> None:
        options = setting.double.table("Deals").named("products_discussed").select_options  # type: ignore[union-attr]
        renamed = [o | {"value": "Taxes"} if o["value"] == "Tax Planning" else o for o in options]
        setting.double.change_field("Deals", "products_discussed", select_options=renamed)

    setting.double.faults.plan("meanwhile", method="POST", path=deals(setting), meanwhile=rename)
    result = sync_deals(setting, *given)
    assert result.created == 19
    text = "The provided select option value 'Tax Planning' is not a valid select option."
    assert [(reject.external_id, reject.reason) for reject in result.rejected] == [("10000013", text)]


@pytest.mark.parametrize(
    "refusal", [code(400, "MAX_LOCKS_PER_TRANSACTION_EXCEEDED"), proxy(413)], ids=["too many locks", "proxy 413"]
)
def test_a_batch_that_is_too_large_is_divided(refusal: Callable[..., Any], setting: Setting) -> None:
    setting.double.faults.plan("before", method="POST", path=deals(setting), answer=refusal)
    assert sync_deals(setting, *records(6)).created == 6


# somebody was faster


def test_a_key_taken_meanwhile_is_looked_up_and_updated(setting: Setting) -> None:
    def faster() -> None:
        setting.double.add_row("Deals", external_id="10000002", deal_amount="1.00")

    setting.double.faults.plan("meanwhile", method="POST", path=deals(setting), meanwhile=faster)
    result = sync_deals(setting, *records(3))
    assert (result.created, result.updated, result.complete) == (2, 1, True)
    assert setting.row("Deals", "10000002")["deal_amount"] == "4650.00"


def test_a_constraint_a_person_put_on_another_column_costs_only_the_rows_that_break_it(setting: Setting) -> None:
    constraint = [{"type_name": "unique_with_empty"}]
    setting.double.change_field("Deals", "next_action", field_constraints=constraint)
    given = [record(n, deal={"next_steps": [{"action": f"step {min(n, 5)}"}]}) for n in range(1, 7)]
    result = sync_deals(setting, *given)
    assert (result.created, len(result.rejected)) == (5, 1)
    assert result.rejected[0].reason == "The operation violates a field constraint"


def test_a_row_deleted_meanwhile_is_made_again(setting: Setting) -> None:
    setting.sync(*records(3))

    def delete() -> None:
        setting.double.delete_rows("Deals", 2)

    setting.double.faults.plan("meanwhile", method="PATCH", path=deals(setting), meanwhile=delete)
    result = sync_deals(setting, *records(3, deal={"amount": 1}))
    assert (result.created, result.updated) == (1, 2)
    assert {row["deal_amount"] for row in setting.rows("Deals").values()} == {"1.00"}


def test_two_rows_with_one_key_are_reported_and_left_alone(setting: Setting) -> None:
    setting.sync(record())
    setting.double.table("Deals").uniques.clear()  # as if the rows were older than the constraint
    setting.double.add_row("Deals", external_id="10000001")
    result = sync_deals(setting, record(deal={"amount": 1}))
    assert [reject.reason for reject in result.rejected] == ["2 rows of Deals have this external_id"]
    assert [row["deal_amount"] for row in setting.double.rows("Deals")] == ["4650.00", None]


# the schema changed meanwhile


@pytest.mark.parametrize(
    "name",
    [
        "ERROR_FILTER_FIELD_NOT_FOUND",
        "ERROR_ORDER_BY_FIELD_NOT_FOUND",
        "ERROR_VIEW_FILTER_TYPE_DOES_NOT_EXIST",
        "ERROR_VIEW_FILTER_TYPE_UNSUPPORTED_FIELD",
        "ERROR_FILTERS_PARAM_VALIDATION_ERROR",
        "ERROR_QUERY_PARAMETER_VALIDATION",
        "ERROR_PAGE_SIZE_LIMIT",
        "ERROR_INVALID_JOIN_PARAMETER",
    ],
)
def test_a_refused_look_up_reads_the_fields_again_and_stops(name: str, setting: Setting) -> None:
    setting.double.faults.plan("before", method="GET", path=deals(setting, ""), answer=code(400, name))
    result = sync_deals(setting)
    assert "Baserow refused a look-up in Deals" in str(result.error)
    assert [seen.path for seen in setting.double.seen if "/fields/table/" in seen.path].count(
        f"/api/database/fields/table/{setting.double.table('Deals').id}/"
    ) == 2


def test_an_old_servers_refusal_of_a_page_past_the_end_is_the_end(setting: Setting) -> None:
    setting.double.faults.plan("before", method="GET", path=deals(setting, ""), answer=code(400, "ERROR_INVALID_PAGE"))
    assert sync_deals(setting).created == 1


def test_a_table_deleted_meanwhile_stops_alone(setting: Setting) -> None:
    deleted = setting.double.table("Deals").id

    def delete() -> None:
        del setting.double.store.tables[deleted]

    setting.double.faults.plan("meanwhile", method="GET", path=deals(setting, ""), meanwhile=delete)
    assert "restore it from Baserow's trash" in str(sync_deals(setting).error)


# try again


@pytest.mark.parametrize(
    "name",
    [
        "ERROR_DATABASE_DEADLOCK",
        "ERROR_FAILED_TO_LOCK_TABLE_DUE_TO_CONFLICT",
        "ERROR_FAILED_TO_LOCK_FIELD_DUE_TO_CONFLICT",
        "ERROR_FAILED_TO_LOCK_ROWS_DUE_TO_CONFLICT",
    ],
)
def test_every_conflict_is_tried_again_without_a_look_up(name: str, setting: Setting) -> None:
    setting.double.faults.plan("before", method="POST", path=deals(setting), answer=code(409, name), times=2)
    assert sync_deals(setting).created == 1
    assert setting.waits == [0.5, 1.0]


def test_a_throttled_request_waits_as_long_as_it_is_told(setting: Setting) -> None:
    refusal = answer(429, {"detail": "Request was throttled. Expected available in 30 seconds."}, Retry_After="30")
    setting.double.faults.plan("before", method="POST", path=deals(setting), answer=refusal)
    assert sync_deals(setting).created == 1
    assert setting.waits == [30.0]


@pytest.mark.parametrize("kind", ["before", "after"])
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_on_a_create_is_looked_up_first(kind: Any, status: int, setting: Setting) -> None:
    refusal = html_500 if status == 500 else proxy(status)
    setting.double.faults.plan(kind, method="POST", path=deals(setting), answer=refusal)
    result = sync_deals(setting, *records(4))
    assert (result.created, result.complete, len(setting.rows("Deals"))) == (4, True, 4)


@pytest.mark.parametrize("kind", ["before", "after", "lose answer", "cut answer"])
def test_a_change_can_simply_be_repeated(kind: Any, setting: Setting) -> None:
    setting.sync(*records(3))
    setting.double.faults.plan(kind, method="PATCH", path=deals(setting), answer=html_500)
    result = sync_deals(setting, *records(3, deal={"amount": 1}))
    assert (result.updated, result.complete) == (3, True)


# nothing works at all


def test_a_wrong_token_stops_the_sync(setting: Setting) -> None:
    setting.double.accounts.tokens.clear()
    with pytest.raises(BaserowError, match="ERROR_TOKEN_DOES_NOT_EXIST"):
        setting.sync(record())


def test_a_token_that_may_only_read_one_table_stops_that_table(setting: Setting) -> None:
    token = next(iter(setting.double.accounts.tokens.values()))
    tables = [["table", t.id] for t in setting.double.store.tables.values()]
    others = [place for place in tables if place[1] != setting.double.table("Deals").id]
    token.permissions = {"create": others, "read": tables, "update": others, "delete": False}
    assert "ERROR_NO_PERMISSION_TO_TABLE" in str(sync_deals(setting).error)


def test_a_server_that_is_down_is_given_up_after_six_tries(setting: Setting) -> None:
    setting.double.faults.down = True
    with pytest.raises(BaserowError, match="in 6 tries"):
        setting.sync(record())
    assert setting.waits == [0.5, 1.0, 2.0, 4.0, 8.0]


def test_an_address_without_a_server_is_given_up(setting: Setting) -> None:
    setting.double.url = "http://127.0.0.1:9"
    with pytest.raises(BaserowError, match="not reached"):
        setting.sync(record())
