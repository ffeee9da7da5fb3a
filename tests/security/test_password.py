"""A server with a password: who has it is let in, who has not is told so, and nobody serves others without one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from blocks.errors import ConfigurationError
from blocks.local_process import stop
from deployments.commands.serve import require_password
from deployments.prefect_server import api_url, free_port, start_server
from deployments.settings import prefect_environment
from tests.deployments.terminal import environment, phasegate
from tests.prefect_tables import made_once

PASSWORD = "admin:a-long-canary-password"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a Prefect server that asks for the password."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFECT_SERVER_API_AUTH_STRING", PASSWORD)
        home = tmp_path_factory.mktemp("guarded")
        patch.setenv("PREFECT_HOME", str(home))
        port = free_port()
        with made_once(home):
            child = start_server("127.0.0.1", port)
    yield api_url("127.0.0.1", port)
    stop(child.pid, seconds=30)
    child.wait(timeout=30)


def command(home: Path, *arguments: str, api: str, password: str | None) -> tuple[int, str]:
    given = {"PREFECT_API_AUTH_STRING": password} if password else {}
    return phasegate(*arguments, env=environment(home, api) | given)


@pytest.mark.server
@pytest.mark.long
@pytest.mark.parametrize("password", [None, "admin:another", "no colon"])
def test_a_wrong_password_is_one_clear_error(home: Path, guarded: str, password: str | None) -> None:
    status, printed = command(home, "models", "list", api=guarded, password=password)

    assert status == 1
    assert "Error: The Prefect server does not accept the password." in printed
    assert "PREFECT_API_AUTH_STRING" in printed
    assert "Traceback" not in printed


@pytest.mark.server
def test_the_right_password_opens_and_is_not_printed(home: Path, guarded: str) -> None:
    status, printed = command(home, "models", "list", api=guarded, password=PASSWORD)

    assert status == 0, printed
    assert PASSWORD.partition(":")[2] not in printed


@pytest.mark.server
def test_the_doctor_says_what_to_set_and_looks_at_the_rest(home: Path, guarded: str) -> None:
    status, printed = command(home, "doctor", api=guarded, password="admin:another")

    assert status == 1
    assert "set PREFECT_API_AUTH_STRING" in " ".join(printed.split())
    assert "state folder" in printed


def test_a_server_that_is_not_there_is_one_clear_error(home: Path) -> None:
    status, printed = command(home, "drift", api="http://127.0.0.1:9/api", password=None)

    assert status == 1
    assert "Error: No Prefect server answers at http://127.0.0.1:9/api" in printed
    assert "Traceback" not in printed


def test_clients_started_beside_a_server_get_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_SERVER_API_AUTH_STRING", PASSWORD)

    assert prefect_environment()["PREFECT_API_AUTH_STRING"] == PASSWORD


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", ""])
def test_nobody_serves_other_machines_without_a_password(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="no password is set"):
        require_password(host)
    monkeypatch.setenv("PREFECT_SERVER_API_AUTH_STRING", PASSWORD)
    require_password(host)


def test_this_machine_is_served_without_one() -> None:
    require_password("127.0.0.1")
