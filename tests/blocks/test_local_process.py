"""One server for many callers, gone when nobody needs it, however its callers die."""

import contextlib
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from blocks.errors import ServiceError, StorageError
from blocks.home import PROJECT_ROOT
from blocks.local_process import SharedProcess, is_alive, stop

CHILD = """
import os, signal, sys, time
from pathlib import Path
from blocks.local_process import announce, claim, leave_when_idle
place, idle = Path(sys.argv[1]), float(sys.argv[2])
with (place / "starts").open("a") as starts: starts.write("x")
leave_when_idle(place, lambda: os.kill(os.getpid(), signal.SIGTERM), idle)
claim(place)
announce(place, answer=42)
signal.pause()
"""
HOLDER = """
import sys, time
from tests.blocks.test_local_process import server
with server(idle_seconds=0.2).lease():
    print("held", flush=True)
    time.sleep(60)
"""


def server(child: str = CHILD, idle_seconds: float = 0.2, ready_seconds: float = 20) -> SharedProcess:
    def command(place: Path) -> list[str]:
        return [sys.executable, "-c", child, str(place), str(idle_seconds)]

    return SharedProcess("under-test", command, ready_seconds)


@pytest.fixture(autouse=True)
def state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("PHASEGATE_HOME", str(tmp_path))
    yield tmp_path
    if facts := server().running():
        stop(facts["pid"])


def eventually(condition: Callable[[], bool], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def starts() -> int:
    return len((server().place / "starts").read_text())


def test_is_started_once_for_many_callers() -> None:
    pids: list[int] = []

    def call() -> None:
        with server(idle_seconds=5).lease() as facts:
            pids.append(facts["pid"])

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(pids) == 8
    assert len(set(pids)) == 1
    assert starts() == 1


def test_gives_its_facts_to_its_owner_only() -> None:
    with server().lease() as facts:
        assert facts["answer"] == 42
        assert stat.S_IMODE((server().place / "state.json").stat().st_mode) == 0o600


def test_stays_while_it_is_leased_and_leaves_when_it_is_not() -> None:
    with server().lease() as facts:
        assert not eventually(lambda: not is_alive(facts["pid"]), seconds=1)
    assert eventually(lambda: not is_alive(facts["pid"]))
    assert server().running() is None


def test_leaves_after_a_holder_was_killed_outright() -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER], cwd=PROJECT_ROOT, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    with holder, contextlib.closing(holder.stdout) as said:
        assert said.readline() == b"held\n"
        facts = server().running()
        assert facts is not None
        holder.kill()
    assert eventually(lambda: not is_alive(facts["pid"]))


def test_is_started_again_after_it_was_killed() -> None:
    with server(idle_seconds=5).lease() as first:
        os.kill(first["pid"], signal.SIGKILL)
        assert eventually(lambda: server().running() is None)
        with server(idle_seconds=5).lease() as second:
            assert second["pid"] != first["pid"]


def test_a_strangers_process_with_the_old_id_is_not_taken_for_the_server() -> None:
    with server(idle_seconds=5).lease() as facts:
        state = (server().place / "state.json").read_text()
        stop(facts["pid"])
        (server().place / "state.json").write_text(state.replace(str(facts["pid"]), str(os.getpid())))
        assert server().running() is None


def test_one_that_listens_no_more_but_is_not_gone_yet_is_replaced() -> None:
    deaf = CHILD.replace("answer=42", "url='http://127.0.0.1:1'").replace("signal.pause()", "time.sleep(2)")
    with server(deaf, idle_seconds=30).lease() as first, server(idle_seconds=5).lease() as second:
        assert (second["pid"] != first["pid"], second["answer"]) == (True, 42)


def test_a_successor_waits_until_its_predecessor_has_gone() -> None:
    slow_to_leave = CHILD.replace("signal.pause()", "signal.signal(15, lambda *_: time.sleep(1.5)); signal.pause()")
    slow_to_leave += "(place / 'left').touch()\n"
    with server(slow_to_leave).lease() as first:
        pass
    assert eventually(lambda: not (server().place / "state.json").exists())
    with server().lease() as second:
        assert second["pid"] != first["pid"]
        assert (server().place / "left").exists()


def test_leaves_when_its_state_folder_is_deleted(state_folder: Path) -> None:
    with server(idle_seconds=60).lease() as facts:
        (state_folder / "run").rename(state_folder / "gone")
        assert eventually(lambda: not is_alive(facts["pid"]))


def test_says_why_the_child_died_and_where_to_read_on() -> None:
    dying = server("import sys; sys.exit('the disk is full')")
    with pytest.raises(ServiceError, match=r"ended with status 1.*\n.*the disk is full(.|\n)*log\.txt"), dying.lease():
        pass


def test_a_child_that_dies_on_a_full_disk_says_that() -> None:
    dying = replace(server("import sys; sys.exit('no room')"), least_free=10**18)
    with pytest.raises(StorageError, match=r"the disk that holds .* has .* MB left"), dying.lease():
        pass


def test_ends_a_child_that_never_answers() -> None:
    mute = server("import os, time; print(os.getpid(), flush=True); time.sleep(60)", ready_seconds=1)
    with pytest.raises(ServiceError, match="did not answer within 1 s"), mute.lease():
        pass
    assert not is_alive(int((server().place / "log.txt").read_text()))


def test_its_first_use_is_told_once_and_again_after_a_restart() -> None:
    process = server()
    with process.lease() as facts:
        assert [process.first_use(), server().first_use()] == [True, False]
        stop(facts["pid"])
    with process.lease():
        assert process.first_use()
