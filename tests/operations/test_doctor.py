"""The doctor against servers that answer, lie, hang or are not there."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings
from pydantic import SecretStr
from sqlalchemy import text

from blocks.baserow import Baserow
from blocks.errors import ServiceError
from blocks.graph import GraphStore
from flows.operations.doctor import diagnose
from tasks.operations.checks import (
    PATIENCE,
    Check,
    Finding,
    Probe,
    as_markdown,
    examine,
    healthy,
    in_thread,
    ok,
    while_serve_begins,
    without,
)
from tasks.operations.machine import GIB, check_database, check_disk, check_folder
from tasks.operations.prefect_checks import ServerFacts, check_clock, check_server
from tasks.operations.store_checks import check_baserow, check_graph
from tasks.records.database import close_databases, engine
from tests.crm.baserow_setting import crm
from tests.operations.making import made
from tests.operations.records import add_entries

DEAD = "http://127.0.0.1:9"


# How checks are made ------------------------------------------------------------------------------------------------


def test_a_check_that_hangs_ends_with_its_time() -> None:
    check = made(lambda: asyncio.sleep(60), seconds=0.05)
    assert (check.state, check.found) == ("failed", "No answer within 0 s.")


def test_a_thread_that_hangs_is_left_behind() -> None:
    check = made(lambda: in_thread(lambda: time.sleep(2)), seconds=0.05)
    assert check.state == "failed"
    assert check.seconds < 1


def test_an_error_of_ours_says_what_to_do() -> None:
    def look() -> Finding:
        raise ServiceError("It is gone.", do="start it.")

    assert (made(look).found, made(look).do) == ("It is gone.", "start it.")


def test_an_error_of_ours_says_what_it_means() -> None:
    def look() -> Finding:
        raise ServiceError("It is gone.", means="nobody can run.", do="start it.")

    assert made(look).found == "It is gone. It means: nobody can run."


def test_an_unexpected_exception_is_a_failed_check_with_its_text() -> None:
    def look() -> Finding:
        raise KeyError("surprise")

    assert (made(look).state, made(look).found) == ("failed", "KeyError: 'surprise'")


def test_checks_are_made_at_the_same_time_and_stay_in_order() -> None:
    async def slow() -> Finding:
        await asyncio.sleep(0.2)
        return ok("slow")

    started = time.perf_counter()
    checks = asyncio.run(examine([Probe(str(number), slow) for number in range(20)], 5))
    assert time.perf_counter() - started < 2
    assert [check.name for check in checks] == [str(number) for number in range(20)]


def test_no_secret_stands_in_a_message() -> None:
    [check] = without(["opensesame"], [Check("a", "failed", 0, "Bearer opensesame", "not opensesame")])
    assert (check.found, check.do) == ("Bearer [secret]", "not [secret]")


def test_what_a_server_said_is_no_markup() -> None:
    page = as_markdown([Check("a|b", "failed", 0, "<script>\nnext", "")])
    assert ("<script>" in page, "\nnext" in page) == (False, False)


def test_the_page_begins_with_what_is_wrong_and_no_table_cuts_what_to_do() -> None:
    page = as_markdown([Check("disk", "ok", 0, "full of room"), Check("pool", "failed", 0, "dead", "run `it -x`.")])
    verdict, worst, well = (line for line in page.splitlines() if line)
    assert verdict == "**1 failed, 0 with a warning, 2 checks.**"
    assert worst == "- **failed: pool** (0.0 s) dead **Next:** run `it -x`."
    assert well == "- **ok: disk** (0.0 s) full of room"


def test_warnings_leave_an_installation_healthy_and_failures_do_not() -> None:
    assert healthy([Check("a", "warning", 0, ""), Check("b", "skipped", 0, "")])
    assert not healthy([Check("a", "ok", 0, ""), Check("b", "failed", 0, "")])


# This machine -------------------------------------------------------------------------------------------------------


def test_a_migrated_database_is_fine(empty_database: str) -> None:
    add_entries(engine())
    assert check_database(empty_database).state == "ok"
    assert "3 rows" in check_database(empty_database).found


def test_a_database_that_is_not_there_yet_is_not_made_by_looking(home: Path) -> None:
    place = home / "phasegate.db"
    assert check_database(f"sqlite:///{place}").state == "ok"
    assert not place.exists()


@pytest.mark.parametrize(("revision", "state"), [("0001", "warning"), ("9999", "failed")])
def test_another_revision_is_told(empty_database: str, revision: str, state: str) -> None:
    with engine().begin() as connection:
        connection.execute(text(f"UPDATE alembic_version SET version_num = '{revision}'"))
    assert check_database(empty_database).state == state


def test_a_broken_ledger_is_a_failure(home: Path) -> None:
    add_entries(engine())
    with engine().begin() as connection:
        connection.execute(text("DROP TRIGGER ledger_no_delete"))
        connection.execute(text("DELETE FROM ledger WHERE sequence = 2"))
    found = check_database(str(engine().url))
    close_databases()
    assert (found.state, "entry 2 is missing" in found.found) == ("failed", True)


@pytest.mark.parametrize(("mode", "state"), [(0o700, "ok"), (0o750, "failed"), (0o707, "failed")])
def test_the_state_folder_is_closed_to_others(tmp_path: Path, mode: int, state: str) -> None:
    tmp_path.chmod(mode)
    assert check_folder(tmp_path).state == state


@pytest.mark.parametrize(("free", "state"), [(6 * GIB, "ok"), (GIB, "warning"), (GIB // 4, "failed")])
def test_room_on_the_disk(tmp_path: Path, free: int, state: str) -> None:
    assert check_disk(tmp_path, free).state == state


# The Prefect server -------------------------------------------------------------------------------------------------


def server(url: str = "http://127.0.0.1:4200/api", **facts: Any) -> ServerFacts:
    import prefect

    now = datetime(2026, 5, 4, tzinfo=UTC)
    known = {"version": prefect.__version__, "date": now, "asked_at": now, "protected": False}
    return ServerFacts(url=url, **{**known, **facts})


@pytest.mark.parametrize(("seconds", "state"), [(1, "ok"), (-10, "warning"), (61, "failed")])
def test_clocks_that_differ(seconds: float, state: str) -> None:
    now = datetime(2026, 5, 4, tzinfo=UTC)
    assert check_clock(server(date=now, asked_at=now + timedelta(seconds=seconds))).state == state


def test_another_version_of_the_server_is_a_warning() -> None:
    assert check_server(server(version="3.0.0")).state == "warning"


def test_a_server_others_reach_should_ask_for_a_password() -> None:
    assert check_server(server("http://prefect.example:4200/api")).state == "warning"
    assert check_server(server("http://prefect.example:4200/api", protected=True)).state == "ok"


# Stores -------------------------------------------------------------------------------------------------------------


def test_the_five_tables_are_looked_at_by_name_and_type() -> None:
    with crm() as setting:
        block = Baserow(url=setting.double.url, database_id=setting.database, token=setting.token)
        assert made(lambda: check_baserow(block)).found.startswith("5 tables")
        other = block.model_copy(update={"database_id": setting.database + 1})
        assert made(lambda: check_baserow(other)).state == "failed"


def test_stores_nobody_configured_are_skipped() -> None:
    assert made(lambda: check_baserow(None)).state == made(lambda: check_graph(None, 5)).state == "skipped"


def test_a_graph_that_is_down_is_a_failure() -> None:
    block = GraphStore(uri="bolt://127.0.0.1:9", password=SecretStr("opensesame"))
    check = made(lambda: check_graph(block, 5), seconds=10)
    assert (check.state, "opensesame" in check.found + check.do) == ("failed", False)


# All of it ----------------------------------------------------------------------------------------------------------


def test_with_everything_dead_there_is_a_table_in_time(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHASEGATE_DATABASE_URL", "postgresql://user:opensesame@127.0.0.1:9/phasegate")
    started = time.perf_counter()
    checks = asyncio.run(diagnose(f"{DEAD}/api"))
    assert time.perf_counter() - started < 30
    states = {check.name: check.state for check in checks}
    assert (states["database"], states["Prefect server"], states["models"]) == ("failed", "failed", "skipped")
    assert not any("opensesame" in check.found + check.do for check in checks)


@pytest.fixture
def hung() -> Iterator[str]:
    """Host and port of what takes connections and never says a word."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        yield "{}:{}".format(*silent.getsockname())


def test_all_checks_end_together_when_nothing_answers(hung: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHASEGATE_DATABASE_URL", f"postgresql://nobody:nothing@{hung}/phasegate")
    started = time.perf_counter()
    checks = {check.name: check for check in asyncio.run(diagnose(f"http://{hung}/api", seconds=0.5))}
    assert time.perf_counter() - started < 2
    assert (checks["database"].state, checks["Prefect server"].state) == ("failed", "failed")


def test_what_nobody_could_look_at_has_its_lines() -> None:
    checks = {check.name: check.state for check in asyncio.run(diagnose("", problem="There is none."))}
    unseen = ("clock", "work pool", "block types", "lineups", "limits", "models", "Baserow", "graph")
    assert {name for name, state in checks.items() if state == "skipped"} == set(unseen)


def test_a_server_whose_blocks_cannot_be_read_still_has_a_line_for_the_models() -> None:
    with answering_only_its_version() as url:
        checks = {check.name: check for check in asyncio.run(diagnose(url, seconds=10))}
    assert (checks["Prefect server"].state, checks["block types"].state) == ("warning", "failed")
    assert (checks["models"].state, checks["models"].found) == ("skipped", "Unknown while the blocks cannot be read.")


@contextlib.contextmanager
def answering_only_its_version() -> Iterator[str]:
    """Address of a Prefect server that knows its version and nothing else."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(200 if self.path.endswith("/admin/version") else 404, b'"3.0.0"')

        def do_POST(self) -> None:
            self.answer(404, b"{}")

        def answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/api"
        with temporary_settings({PREFECT_API_URL: url}):
            yield url
        server.shutdown()


def test_without_any_server_the_reason_is_told() -> None:
    checks = asyncio.run(diagnose("", problem="Port 4200 is in use."))
    assert "Port 4200 is in use." in [check.found for check in checks]


def test_what_serve_is_about_to_set_up_asks_for_patience_and_no_second_bootstrap() -> None:
    missing = Check("lineup", "failed", 0.0, "There is no such lineup.", "run `phasegate bootstrap`.")
    full = Check("disk", "failed", 0.0, "1 MB left", "free some space.")
    assert [one.do for one in while_serve_begins([missing, full])] == [PATIENCE, "free some space."]
