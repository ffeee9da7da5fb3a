"""The setup command: makes what is missing, changes nothing a person changed, and says what is wrong."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.errors import BaserowError
from tasks.crm.baserow import connection
from tasks.crm.tables import TABLES
from tests.crm import baserow_setting
from tests.crm.baserow_setting import Setting, empty_database, record
from tests.doubles.baserow import answer, html_500


@pytest.fixture
def setting() -> Iterator[Setting]:
    with empty_database() as given:
        yield given


def test_everything_is_made_and_the_token_can_sync(setting: Setting) -> None:
    report = setting.setup()
    assert report.differing == []
    assert [name for name in report.made if "." not in name] == [*(table.name for table in TABLES), "token phasegate"]
    setting.token = report.token or SecretStr("")
    assert all(result.created == 1 for result in setting.sync(record()).values())


def test_new_tables_are_empty_and_have_only_our_columns(setting: Setting) -> None:
    setting.setup()
    for table in TABLES:
        live = setting.double.table(table.name)
        assert live.rows == {}
        assert [field.name for field in live.sorted_fields()] == [column.name for column in table.columns]
        assert live.primary().unique


def test_running_it_again_makes_nothing(setting: Setting) -> None:
    first = setting.setup()
    second = setting.setup()
    assert (second.made, second.differing) == ([], [])
    assert first.token == second.token


def test_what_is_missing_is_added_to_what_is_there(setting: Setting) -> None:
    setting.setup()
    setting.double.delete_field("Deals", "close_date")
    setting.double.change_field("Clients", "marital_status", select_options=[{"id": 1, "value": "Single"}])
    setting.double.change_field("Meetings", "external_id", field_constraints=[])
    assert setting.setup().made == [
        "Clients.marital_status: options Married, Divorced, Widowed, Separated",
        "Meetings.external_id: unique constraint",
        "Deals.close_date",
    ]


def test_an_option_keeps_its_id_and_a_persons_option_stays(setting: Setting) -> None:
    setting.setup()
    options = [{"id": 1, "value": "Single"}, {"value": "In love"}]
    setting.double.change_field("Clients", "marital_status", select_options=options)
    setting.setup()
    there = setting.double.table("Clients").named("marital_status").select_options  # type: ignore[union-attr]
    assert [option["value"] for option in there][:2] == ["Single", "In love"]
    assert there[0]["id"] == 1


def test_what_a_person_changed_is_reported_and_not_changed(setting: Setting) -> None:
    setting.setup()
    setting.double.change_field("Deals", "deal_amount", number_decimal_places=0)
    setting.double.change_field("Clients", "phone", type="text")
    report = setting.setup()
    assert report.made == []
    assert report.differing == [
        "Clients.phone is of type text, not phone_number",
        "Deals.deal_amount has number_decimal_places 0, not 2",
    ]


def test_the_unique_constraint_is_not_possible_while_two_rows_have_one_key(setting: Setting) -> None:
    setting.setup()
    setting.double.change_field("Deals", "external_id", field_constraints=[])
    for _ in range(2):
        setting.double.add_row("Deals", external_id="10000001")
    assert any("two rows have the same value" in text for text in setting.setup().differing)


def test_the_token_may_do_no_more_than_it_needs(setting: Setting) -> None:
    setting.setup()
    (token,) = setting.double.accounts.tokens.values()
    ours = [["table", table.id] for table in setting.double.store.tables.values()]
    assert token.permissions == {"create": ours, "read": ours, "update": ours, "delete": False}


def test_a_token_that_may_do_everything_is_limited_and_that_is_said(setting: Setting) -> None:
    setting.setup()
    (token,) = setting.double.accounts.tokens.values()
    ours, token.permissions = token.permissions, dict.fromkeys(token.permissions, True)
    assert setting.setup().made == ["token phasegate: rights for the five tables alone, in place of all"]
    assert token.permissions == ours


def test_a_token_that_may_too_little_is_reported(setting: Setting) -> None:
    setting.setup()
    (token,) = setting.double.accounts.tokens.values()
    token.permissions["update"] = token.permissions["update"][:4]
    number = setting.double.table("Sales Coaching").id
    assert setting.setup().differing == [f"token phasegate may not update rows of table {number}"]


@pytest.mark.parametrize("path", ["/tables/database/", "/fields/table/"])
@pytest.mark.parametrize("kind", ["lose answer", "after", "before"])
def test_a_lost_answer_makes_nothing_twice(kind: Any, path: str, setting: Setting) -> None:
    setting.double.faults.plan(kind, method="POST", path=path, answer=html_500)
    assert setting.setup().differing == []
    assert len(setting.double.store.tables) == 5


def test_a_field_whose_making_is_never_answered_is_not_said_to_be_made(setting: Setting) -> None:
    setting.double.faults.plan("before", method="POST", path="/fields/table/", answer=html_500, times=99)
    with pytest.raises(BaserowError, match=r"^Clients\.\S+ was not made in 6 tries; the last one: .* 500"):
        setting.setup()


def test_a_table_that_is_made_and_not_listed_ends_in_words(setting: Setting) -> None:
    setting.double.faults.plan(
        "changed answer", method="GET", path="/tables/database/", times=99, change=lambda body: []
    )
    with pytest.raises(BaserowError, match="does not list the table Clients"):
        setting.setup()


def test_a_run_that_broke_off_is_finished_by_the_next(setting: Setting) -> None:
    setting.double.faults.plan("before", method="DELETE", answer=html_500, times=99)
    with pytest.raises(BaserowError):
        setting.setup()
    setting.double.faults.planned.clear()
    setting.setup()
    assert [len(table.rows) for table in setting.double.store.tables.values()] == [0] * 5


def test_the_login_is_renewed_when_it_is_over(setting: Setting) -> None:
    def end_all() -> None:
        setting.double.accounts.access.clear()

    setting.double.faults.plan("meanwhile", path="/fields/table/", meanwhile=end_all, skip=3)
    assert setting.setup().differing == []


def test_a_wrong_password_is_said_without_showing_it(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baserow_setting, "PASSWORD", SecretStr("wrong password"))
    with pytest.raises(BaserowError, match=r"refused the login of owner@example\.com") as caught:
        setting.setup()
    assert "wrong password" not in str(caught.value)


def test_a_login_without_end_is_not_read_to_its_end(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "ANSWER_BYTES", 1_000)
    setting.double.faults.plan("before", path="token-auth", times=99, answer=answer(200, "x" * 2_000))
    with pytest.raises(BaserowError, match="over 1,000 bytes"):
        setting.setup()


@pytest.mark.parametrize(
    "url",
    ["baserow.example.com", "baserow:8000", "http://b.example:99999", "http://b.example:x", "https://", "",
     "https://b.example/database/7", "ftp://b.example", "http://b.example/#top", "http://b.example/?a=1"],
)  # fmt: skip
def test_an_address_that_is_none_is_said_before_anybody_is_asked(setting: Setting, url: str) -> None:
    setting.double.url = url
    with pytest.raises(BaserowError, match="is no address of a Baserow server"):
        setting.setup()
    assert setting.waits == []


def test_a_database_that_is_not_there_is_said(setting: Setting) -> None:
    setting.database = 99
    with pytest.raises(BaserowError, match="ERROR_APPLICATION_DOES_NOT_EXIST"):
        setting.setup()


@pytest.mark.parametrize("path", ["/tables/database/", "/fields/table/", "/tokens/"])
@pytest.mark.parametrize("body", [{"who": "another program"}, [{"id": 1}], "yes"])
def test_a_server_that_is_no_baserow_is_said(path: str, body: Any, setting: Setting) -> None:
    setting.double.faults.plan("before", path=path, times=99, answer=answer(200, body))
    with pytest.raises(BaserowError, match=r"not one of Baserow's|without JSON"):
        setting.setup()


def test_two_tables_of_one_name_are_a_persons_business(setting: Setting) -> None:
    for _ in range(2):
        setting.double.new_table(setting.database, "Deals", [{"name": "Name", "type": "text"}])
    with pytest.raises(BaserowError, match="2 tables named Deals"):
        setting.setup()
