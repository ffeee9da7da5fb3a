"""Whatever breaks at whatever point: nothing is lost, nothing is doubled, and the next sync catches up."""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from blocks.errors import BaserowError
from tasks.crm.baserow import Connection, TableResult, sync
from tasks.crm.baserow.credentials import TokenAuth
from tests.crm.baserow_setting import NAMES, Setting, crm, record, records
from tests.doubles.baserow import html_500


@pytest.fixture
def setting() -> Iterator[Setting]:
    with crm() as given:
        yield given


def deals(setting: Setting, rest: str = "") -> str:
    return f"/rows/table/{setting.double.table('Deals').id}/{rest}"


@pytest.mark.parametrize("skip", range(3), ids=lambda skip: f"request {skip + 1}")
@pytest.mark.parametrize("kind", ["before", "after", "lose answer", "cut answer"])
def test_one_fault_at_each_request_of_a_table_is_survived(kind: Any, skip: int, setting: Setting) -> None:
    setting.double.faults.plan(kind, path=deals(setting), skip=skip, answer=html_500)
    results = setting.sync(*records(3))
    assert all(result.complete and result.created == 3 for result in results.values())
    assert all(len(setting.rows(name)) == 3 for name in NAMES)


@pytest.mark.parametrize("requests", range(21, 0, -4))
def test_a_server_that_goes_down_midway_loses_and_doubles_nothing(requests: int, setting: Setting) -> None:
    given = records(5)
    setting.double.faults.plan("before", skip=requests, times=10_000, answer=html_500)
    with contextlib.suppress(BaserowError):
        setting.sync(*given)
    setting.double.faults.planned.clear()
    results = setting.sync(*given)
    assert all(result.complete for result in results.values())
    assert all(len(setting.rows(name)) == 5 for name in NAMES)


def test_one_table_that_cannot_be_written_does_not_stop_the_others(setting: Setting) -> None:
    setting.double.faults.plan("before", method="POST", path=deals(setting), answer=html_500, times=999)
    results = setting.sync(*records(60))
    assert {name for name, result in results.items() if result.complete} == set(NAMES) - {"Deals"}
    assert "can be read but not written" in str(results["Deals"].error)
    setting.double.faults.planned.clear()
    assert setting.sync(*records(60))["Deals"].created == 60


@pytest.mark.parametrize("count", [11, 12], ids=["the last of a batch alone", "beside others"])
def test_a_row_that_always_breaks_the_server_is_found_and_refused(count: int, setting: Setting) -> None:
    def breaks(body: bytes) -> bool:
        return b"10000011" in body

    setting.double.faults.plan("before", method="POST", path=deals(setting), answer=html_500, times=999, body=breaks)
    result = setting.sync(*records(count))["Deals"]
    (refused,) = result.rejected
    assert (result.created, refused.external_id, result.unsure) == (count - 1, "10000011", {})
    assert refused.reason.endswith("Others were stored meanwhile.")


def test_a_server_that_stops_writing_midway_refuses_no_row(setting: Setting) -> None:
    setting.sync(*records(2))
    setting.double.faults.plan("before", method="POST", path=deals(setting), answer=html_500, times=999)
    changed, *rest = records(4)
    changed = record(1, deal={"amount": "77.00"})
    result = setting.sync(changed, *rest)["Deals"]
    assert (result.updated, result.rejected, sorted(result.unsure)) == (1, [], ["10000003", "10000004"])


@pytest.mark.parametrize("count", [1, 3, 4])
def test_a_server_that_cannot_write_for_a_while_refuses_no_row(count: int, setting: Setting) -> None:
    setting.double.faults.plan("before", method="POST", path=deals(setting), answer=html_500, times=999)
    result = setting.sync(*records(count))["Deals"]
    assert (result.rejected, result.done, result.complete) == ([], [], False)
    assert "no usable answer" in str(result.error or [*result.unsure.values()])


def test_two_syncs_of_the_same_records_at_once_make_no_doubles(setting: Setting) -> None:
    async def both() -> tuple[list[TableResult], list[TableResult]]:
        return await asyncio.gather(setting.run(records(20)), setting.run(records(20)))

    setting.double.latency = 0.01
    results = asyncio.run(both())
    assert all(result.complete for each in results for result in each)
    assert all(len(setting.rows(name)) == 20 for name in NAMES)


def test_somebody_who_changes_a_cell_right_after_the_write_is_reported(setting: Setting) -> None:
    def edit() -> None:
        setting.double.edit("Deals", 1, deal_amount="1.00")

    setting.double.faults.plan("meanwhile", method="GET", path=deals(setting), skip=1, meanwhile=edit)
    result = setting.sync(record())["Deals"]
    assert result.unsure == {"10000001": "Baserow took the row, but read back it differs in deal_amount"}


def test_a_create_that_is_stored_after_we_stopped_waiting_makes_no_double(setting: Setting) -> None:
    async def impatient() -> list[TableResult]:
        auth, timeout = TokenAuth(setting.token), httpx.Timeout(0.3)
        async with Connection(setting.double.url, auth, patience=setting.patience, timeout=timeout) as connection:
            return await sync(connection, setting.database, records(3))

    setting.double.faults.plan("slow", method="POST", path=deals(setting), seconds=0.6)
    results = {result.table: result for result in asyncio.run(impatient())}
    assert (results["Deals"].created, results["Deals"].complete) == (3, True)
    while len(setting.double.writes()) < 6:
        time.sleep(0.01)  # the late one
    assert len(setting.rows("Deals")) == 3
