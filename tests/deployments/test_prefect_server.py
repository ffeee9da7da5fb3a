"""The Prefect server of a command: lost during the work, and the port and place that one which stays needs."""

import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from blocks.errors import ServiceError
from blocks.local_process import announce
from deployments.commands.serve import HERE, require_temporary
from deployments.prefect_server import api_url, free_port, prefect_address, serve_begins, shared_server, start_server
from deployments.prefect_server import prefect_api as using


@pytest.mark.server
def test_a_server_lost_during_the_work_is_one_clear_error(prefect_api: str) -> None:
    with pytest.raises(ServiceError, match="did not answer any more"), using():
        httpx.get("http://127.0.0.1:9/api/health")


@pytest.mark.server
def test_a_server_that_fails_is_not_said_to_be_silent_and_its_disk_is_thought_of(prefect_api: str) -> None:
    failed = httpx.Response(500, request=httpx.Request("POST", f"{prefect_api}/artifacts/"))
    with pytest.raises(ServiceError, match=r"answered POST /api/artifacts/ with HTTP 500") as caught, using():
        failed.raise_for_status()
    assert "disk is full answers like this" in caught.value.do


@pytest.mark.server
@pytest.mark.parametrize(("answer", "said"), [
    ({"detail": "Error creating flow run: 'starter' is a required property"}, "HTTP 409: .*'starter' is a required property"),
    ({"request_body": "a secret"}, "HTTP 409: Conflict"),
    ([], "HTTP 409: Conflict"),
])  # fmt: skip
def test_what_it_refuses_is_said_with_its_reason_and_the_way_out(prefect_api: str, answer: Any, said: str) -> None:
    request = httpx.Request("POST", f"{prefect_api}/deployments/0/create_flow_run")
    with pytest.raises(ServiceError, match=said) as caught, using():
        httpx.Response(409, json=answer, request=request).raise_for_status()
    assert "phasegate bootstrap" in caught.value.do
    assert ("log" in caught.value.do, "secret" in str(caught.value)) == (False, False)


def test_a_port_in_use_is_said_with_the_way_to_another() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ServiceError, match=f"Port {port} of 127.0.0.1 is in use") as raised:
            free_port(port)
    assert "--port" in raised.value.do


def test_an_address_of_another_machine_is_said() -> None:
    with pytest.raises(ServiceError, match=r"Nothing can listen on port 0 of 192\.0\.2\.1"):
        free_port(0, "192.0.2.1")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_free_port_is_given(host: str) -> None:
    assert free_port(0, host) > 0


@pytest.mark.parametrize("host", HERE)
def test_every_address_of_this_machine_can_be_asked(host: str) -> None:
    asked = httpx.URL(api_url(host, 4200))
    assert (asked.host, asked.port) == (host, 4200)


def test_a_server_whose_start_goes_wrong_is_not_left_running(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []

    class Noted(subprocess.Popen[bytes]):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Noted)
    with pytest.raises(httpx.InvalidURL):
        start_server("127.0.0.1\x7f", free_port())
    assert [child.poll() for child in started] == [-signal.SIGTERM]


def test_a_second_lasting_server_of_the_same_folder_is_refused(home: Path) -> None:
    require_temporary({"url": "http://127.0.0.1:4200/api", "pid": 1})
    with pytest.raises(ServiceError, match="runs already, at"):
        require_temporary({"url": "http://127.0.0.1:4200/api", "pid": 1, "lasting": True})


def test_an_announced_server_that_is_silent_is_not_waited_for_by_those_who_only_want_its_address(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/api"
        announce(shared_server().place, url=url, lasting=True)
        with prefect_address() as found:
            assert found == url


def test_serve_begins_until_its_workers_have_had_time_to_report(home: Path) -> None:
    url, place = "http://127.0.0.1:9/api", shared_server().place
    assert not serve_begins(url, 1000)
    announce(place, url=url, lasting=True)
    assert serve_begins(url, 1000)
    assert not serve_begins("http://127.0.0.1:10/api", 1000)
    announce(place, url=url, lasting=True, ready_at=990)
    assert (serve_begins(url, 1000), serve_begins(url, 2000)) == (True, False)
