"""The ten traps of Baserow's API, each of which once lost or doubled somebody's rows."""

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tasks.crm.baserow import connect
from tests.crm.baserow_setting import NAMES, Setting, crm, record, records
from tests.doubles.baserow import BaserowDouble, answer, baserow, html_500


@pytest.fixture
def setting() -> Iterator[Setting]:
    with crm() as given:
        yield given


def path(setting: Setting, table: str, rest: str = "") -> str:
    return f"/rows/table/{setting.double.table(table).id}/{rest}"


def test_1_a_filter_that_was_ignored_overwrites_no_stranger(setting: Setting) -> None:
    setting.sync(record(7))
    stranger = setting.double.rows("Deals")[0]
    key = setting.double.table("Deals").sorted_fields()[0].key
    all_rows = {"count": 1, "next": None, "previous": None, "results": [{"id": 1, key: "10000007"}]}
    setting.double.faults.plan("before", method="GET", path=path(setting, "Deals"), answer=answer(200, all_rows))
    results = setting.sync(record(1))
    assert "not asked for" in str(results["Deals"].error)
    assert setting.double.rows("Deals") == [stranger]


def test_1_a_key_field_that_was_renamed_meanwhile_is_still_found_by_its_id(setting: Setting) -> None:
    setting.sync(record())

    def rename() -> None:
        setting.double.change_field("Deals", "external_id", name="Transcript")

    setting.double.faults.plan("meanwhile", method="GET", path=path(setting, "Deals"), meanwhile=rename)
    assert setting.sync(record())["Deals"].unchanged == 1


def test_1_a_key_field_that_was_deleted_meanwhile_stops_the_table(setting: Setting) -> None:
    def delete() -> None:
        setting.double.delete_field("Deals", "external_id")

    setting.double.faults.plan("meanwhile", method="GET", path=path(setting, "Deals"), meanwhile=delete)
    results = setting.sync(record())
    assert "Deals.external_id is missing" in str(results["Deals"].error)
    assert setting.double.rows("Deals") == []
    assert results["Clients"].complete


def test_2_an_empty_key_is_never_looked_up(setting: Setting) -> None:
    setting.sync(record(meeting={"transcript_id": ""}))
    assert [seen.path for seen in setting.double.seen if "/rows/" in seen.path] == []


def test_3_a_field_that_was_deleted_meanwhile_is_noticed_though_baserow_says_200(setting: Setting) -> None:
    def delete() -> None:
        setting.double.delete_field("Deals", "deal_amount")

    setting.double.faults.plan("meanwhile", method="POST", path=path(setting, "Deals"), meanwhile=delete)
    results = setting.sync(record())
    assert "Deals.deal_amount is missing" in str(results["Deals"].error)
    assert not results["Deals"].done


def test_3_a_field_that_was_made_anew_meanwhile_is_noticed(setting: Setting) -> None:
    def make_anew() -> None:
        setting.double.delete_field("Deals", "deal_amount")
        setting.double.new_field("Deals", name="deal_amount", type="number", number_decimal_places=2)

    setting.double.faults.plan("meanwhile", method="POST", path=path(setting, "Deals"), meanwhile=make_anew)
    assert "Deals.deal_amount is another field than before" in str(setting.sync(record())["Deals"].error)


def test_4_no_table_has_links() -> None:
    with crm() as setting:
        kinds = {field.type for table in setting.double.store.tables.values() for field in table.fields.values()}
    assert "link_row" not in kinds


def test_5_a_batch_of_changes_is_answered_in_the_tables_order_and_lands_in_the_right_rows(setting: Setting) -> None:
    setting.sync(*records(3))
    order = setting.double.table("Deals").rows
    order[1].order, order[3].order = order[3].order, order[1].order
    setting.sync(*[record(n, deal={"amount": Decimal(n)}) for n in (1, 2, 3)])
    amounts = {key: row["deal_amount"] for key, row in setting.rows("Deals").items()}
    assert amounts == {"10000001": "1.00", "10000002": "2.00", "10000003": "3.00"}


def test_6_one_wrong_row_in_a_batch_costs_only_itself(setting: Setting) -> None:
    given = records(30)
    given[17] = record(18, client={"email": "not an address", "phone": "call me"})
    result = setting.sync(*given)["Clients"]
    assert (result.created, [reject.external_id for reject in result.rejected]) == (29, ["10000018"])
    assert result.rejected[0].reason == "email: Enter a valid value.; phone: Enter a valid value."


def test_7_nothing_is_patched_that_is_as_it_should_be(setting: Setting) -> None:
    setting.double.new_field("Deals", name="Modified", type="last_modified", date_include_time=True)
    setting.sync(record())
    modified = setting.row("Deals")["Modified"]
    setting.sync(record())
    assert setting.row("Deals")["Modified"] == modified


@pytest.mark.parametrize("kind", ["lose answer", "cut answer", "after"])
def test_8_a_create_whose_answer_was_lost_makes_no_second_row(kind: str, setting: Setting) -> None:
    lost: Any = kind
    setting.double.faults.plan(lost, method="POST", path=path(setting, "Deals"), answer=html_500)
    result = setting.sync(*records(5))["Deals"]
    assert (result.created, result.complete) == (5, True)
    assert len(setting.rows("Deals")) == 5
    assert len([write for write in setting.double.writes() if path(setting, "Deals") in write.path]) == 1


def test_9_links_written_from_both_sides_at_once_collide() -> None:
    with baserow() as double:
        token = linked_tables(double)
        double.api.link_write_seconds = 0.2

        def write(table: str, field: str) -> int:
            url = f"{double.url}/api/database/rows/table/{double.table(table).id}/1/?user_field_names=true"
            return httpx.patch(url, json={field: [1]}, headers={"Authorization": f"Token {token}"}).status_code

        with ThreadPoolExecutor(2) as pool:
            both = [pool.submit(write, "People", "Firm"), pool.submit(write, "Firms", "People")]
        assert sorted(future.result() for future in both) == [200, 500]


def linked_tables(double: BaserowDouble) -> str:
    database = double.new_database()
    double.new_table(database, "Firms", [{"name": "Name", "type": "text"}])
    double.new_table(database, "People", [{"name": "Name", "type": "text"}])
    double.new_field("People", name="Firm", type="link_row", link_row_table_id=double.table("Firms").id)
    double.add_row("Firms", Name="A")
    double.add_row("People", Name="B")
    return double.new_token(database).key


def test_10_a_connection_that_was_idle_for_a_second_is_not_used_again(setting: Setting) -> None:
    async def ask_after_a_rest() -> None:
        async with connect(setting.double.url, setting.token, setting.patience) as connection:
            await connection.get("database/tables/all-tables/")
            await asyncio.sleep(1.2)  # real seconds: the server closes the connection after two
            await connection.get("database/tables/all-tables/")
            await connection.get("database/tables/all-tables/")

    asyncio.run(ask_after_a_rest())
    assert setting.double.connections == 2


def test_the_key_is_asked_for_with_a_tree_of_filters_by_field_id(setting: Setting) -> None:
    requests: list[str] = []
    setting.sync(*records(100))
    requests += [seen.query for seen in setting.double.seen if seen.method == "GET" and "/rows/" in seen.path]
    trees = [json.loads(httpx.QueryParams(query)["filters"]) for query in requests]
    fields = {setting.double.table(name).sorted_fields()[0].id for name in NAMES}
    assert {condition["field"] for tree in trees for condition in tree["filters"]} == fields
    assert max(len(tree["filters"]) for tree in trees) == 80
    assert max(len(query) for query in requests) < 8_000


def test_only_our_columns_are_read(setting: Setting) -> None:
    setting.double.new_field("Deals", name="A person's long notes", type="long_text")
    setting.sync(record())
    (first, *_) = [seen.query for seen in setting.double.seen if path(setting, "Deals") in seen.path]
    ours = {field.key for field in setting.double.table("Deals").sorted_fields()[:-1]}
    assert set(httpx.QueryParams(first)["include"].split(",")) == ours
