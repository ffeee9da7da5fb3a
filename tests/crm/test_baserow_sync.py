"""Records come into the five tables once, are changed in place, and are left alone when nothing changed."""

import asyncio
from collections.abc import Iterator
from decimal import Decimal

import pytest

from tasks.crm.baserow import SchemaError, TableResult, connect, open_tables
from tasks.transcripts.record import CrmRecord
from tests.crm.baserow_setting import NAMES, Setting, crm, record, records
from tests.doubles.baserow import answer


@pytest.fixture
def setting() -> Iterator[Setting]:
    with crm() as given:
        yield given


def counts(result: TableResult) -> tuple[int, int, int]:
    return result.created, result.updated, result.unchanged


def test_a_first_sync_makes_one_row_in_every_table(setting: Setting) -> None:
    results = setting.sync(record())
    assert {name: counts(results[name]) for name in NAMES} == dict.fromkeys(NAMES, (1, 0, 0))
    assert all(list(setting.rows(name)) == ["10000001"] for name in NAMES)


def test_values_arrive_in_baserows_shapes(setting: Setting) -> None:
    setting.sync(record())
    deal = setting.row("Deals")
    assert (deal["deal_amount"], deal["deposit_amount"], deal["close_date"]) == ("4650.00", "500.50", "2026-05-04")
    assert [option["value"] for option in deal["products_discussed"]] == ["Estate Planning", "LLC"]
    assert setting.row("Meetings")["meeting_date"] == "2026-05-04T15:30:00Z"


def test_a_second_sync_of_the_same_records_writes_nothing(setting: Setting) -> None:
    setting.sync(*records(3))
    setting.double.seen.clear()
    results = setting.sync(*records(3))
    assert {counts(result) for result in results.values()} == {(0, 0, 3)}
    assert setting.double.writes() == []


def test_a_changed_value_changes_the_same_row(setting: Setting) -> None:
    setting.sync(*records(3))
    before = setting.ids()
    results = setting.sync(record(1), record(2, deal={"amount": Decimal("4950")}), record(3))
    assert counts(results["Deals"]) == (0, 1, 2)
    assert setting.row("Deals", "10000002")["deal_amount"] == "4950.00"
    assert setting.ids() == before


def test_only_the_changed_columns_are_sent(setting: Setting) -> None:
    setting.sync(record())
    setting.double.seen.clear()
    setting.sync(record(deal={"amount": Decimal("4950")}))
    sent = [
        write.body.decode()
        for write in setting.double.writes()
        if f"table/{setting.double.table('Deals').id}/" in write.path
    ]
    amount = setting.double.table("Deals").named("deal_amount")
    assert amount
    assert sent == ['{"items":[{"id":1,"' + amount.key + '":"4950.00"}]}']


def test_a_value_no_longer_stated_is_cleared(setting: Setting) -> None:
    setting.sync(record())
    setting.sync(record(client={"email": None, "marital_status": None, "children_count": None}, deal={"products": []}))
    client = setting.row("Clients")
    assert (client["email"], client["marital_status"], client["children_count"]) == ("", None, None)
    assert setting.row("Deals")["products_discussed"] == []


@pytest.mark.parametrize("decision", ["Approved", "Sent"])
def test_no_other_words_come_under_what_a_person_decided(setting: Setting, decision: str) -> None:
    setting.sync(record())
    setting.double.edit("Communications", 1, status=decision, follow_up_email_draft="Dear Hanna, as corrected")
    newer = record(communications={"follow_up_email": "Dear both", "client_quotes": ["We rent."], "linkedin": "Hear!"})

    assert counts(setting.sync(newer)["Communications"]) == (0, 1, 0)  # the quotes are no draft

    row = setting.row("Communications")
    assert (row["status"]["value"], row["client_quotes"]) == (decision, "We rent.")
    assert (row["follow_up_email_draft"], row["linkedin_social_media_post"]) == ("Dear Hanna, as corrected", None)


@pytest.mark.parametrize("status", ["Draft", None])
def test_a_draft_nobody_decided_about_is_written_anew(setting: Setting, status: str | None) -> None:
    setting.sync(record())
    setting.double.edit("Communications", 1, status=status)
    newer = record(communications={"follow_up_email": "Dear both"})

    assert [counts(setting.sync(newer)["Communications"]) for _ in range(2)] == [(0, 1, 0), (0, 0, 1)]

    row = setting.row("Communications")
    assert (row["follow_up_email_draft"], row["status"]["value"]) == ("Dear both", "Draft")


def test_an_approval_given_while_a_draft_is_replaced_does_not_stand(setting: Setting) -> None:
    def approve() -> None:
        setting.double.edit("Communications", 1, status="Approved")

    setting.sync(record())
    path = f"/table/{setting.double.table('Communications').id}/"
    setting.double.faults.plan("meanwhile", method="PATCH", path=path, meanwhile=approve)
    setting.sync(record(communications={"follow_up_email": "Dear both"}))

    row = setting.row("Communications")
    assert (row["follow_up_email_draft"], row["status"]["value"]) == ("Dear both", "Draft")


def test_a_persons_own_columns_and_options_are_left_alone(setting: Setting) -> None:
    setting.double.new_field("Clients", name="Notes by hand", type="text")
    setting.sync(record())
    setting.double.edit("Clients", 1, **{"Notes by hand": "call her on Monday"})
    setting.sync(record(client={"state": "Maine"}))
    assert setting.row("Clients")["Notes by hand"] == "call her on Monday"


def test_an_emptied_text_cell_is_not_written_again(setting: Setting) -> None:
    setting.sync(record(client={"llc_interest": None}))
    setting.double.edit("Clients", 1, llc_interest="")
    assert counts(setting.sync(record(client={"llc_interest": None}))["Clients"]) == (0, 0, 1)


def test_formulas_html_and_queries_are_just_texts(setting: Setting) -> None:
    hostile = "=HYPERLINK(\"https://x.example\") <b>hi</b> {{7*7}} '); DROP TABLE deals;-- field('Name') ${x} 💣"
    result = setting.sync(record(summary=hostile, client={"persons": [hostile]}))["Meetings"]
    assert result.complete
    assert setting.row("Meetings")["summary"] == hostile


def test_a_key_with_letters_quotes_and_commas_is_found_again(setting: Setting) -> None:
    key = 't"a, b\\c & d+e%20é'
    for _ in range(2):
        setting.sync(record(meeting={"transcript_id": key}))
    assert list(setting.rows("Deals")) == [key]


def test_more_records_than_fit_one_batch(setting: Setting) -> None:
    results = setting.sync(*records(450))
    assert {counts(result) for result in results.values()} == {(450, 0, 0)}
    assert len(setting.rows("Deals")) == 450


def test_records_are_read_in_chunks(setting: Setting) -> None:
    stored = []

    def stream() -> Iterator[CrmRecord]:
        for number in range(1, 402):
            stored.append(len(setting.double.table("Deals").rows))
            yield record(number)

    asyncio.run(setting.run(stream()))
    assert (stored[199], stored[200], stored[400]) == (0, 200, 400)


def test_no_more_records_are_read_once_all_tables_have_stopped(setting: Setting) -> None:
    given = iter(records(500))
    setting.double.faults.plan("before", method="POST", times=9, answer=answer(401, {"detail": "no"}))
    results = asyncio.run(setting.run(given))
    assert all(result.error for result in results)
    assert len(list(given)) == 300


def test_two_records_with_one_id_are_reported(setting: Setting) -> None:
    result = setting.sync(record(), record(deal={"amount": Decimal(1)}))["Deals"]
    assert counts(result) == (1, 0, 0)
    assert [reject.external_id for reject in result.rejected] == ["10000001"]
    assert setting.row("Deals")["deal_amount"] == "4650.00"


def test_two_records_with_one_id_are_reported_however_far_apart_they_are(setting: Setting) -> None:
    result = setting.sync(*records(250), record(deal={"amount": Decimal(1)}))["Deals"]
    assert (counts(result), len(result.rejected)) == ((250, 0, 0), 1)


def test_a_record_without_an_id_is_rejected_and_the_others_go_on(setting: Setting) -> None:
    result = setting.sync(record(meeting={"transcript_id": " "}), record(2))["Deals"]
    assert (result.created, [reject.reason for reject in result.rejected]) == (1, ["the record has no transcript id"])


def test_a_row_a_person_deleted_is_made_again(setting: Setting) -> None:
    setting.sync(record())
    table = setting.double.table("Deals")
    table.release(table.rows.pop(1))
    assert counts(setting.sync(record())["Deals"]) == (1, 0, 0)


def test_a_missing_table_stops_the_sync_before_the_first_write(setting: Setting) -> None:
    del setting.double.store.tables[setting.double.table("Deals").id]
    with pytest.raises(SchemaError, match="Deals is missing"):
        setting.sync(record())
    assert setting.double.writes() == []


def test_open_tables_gives_the_ids_of_all_columns(setting: Setting) -> None:
    async def opened() -> list[str]:
        async with connect(setting.double.url, setting.token) as connection:
            return [table.spec.name for table in await open_tables(connection, setting.database)]

    assert tuple(asyncio.run(opened())) == NAMES
