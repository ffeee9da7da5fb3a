"""`phasegate serve` and workers that end by themselves: another takes their place, unless that is of no use."""

import subprocess
import sys

import pytest

from blocks.errors import ServiceError
from deployments.commands.serve import MOST_ENDS, Worker


def process(code: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", code])


def test_a_worker_that_ended_is_replaced_and_it_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    codes = ["raise SystemExit(1)", "import time; time.sleep(60)"]
    worker = Worker("first", 5, lambda *_: process(codes.pop(0)))
    worker.process.wait()

    worker.look()
    worker.look()

    assert worker.process.poll() is None
    assert (
        "worker of the queue first ended by itself with status 1; another takes its place." in capsys.readouterr().out
    )
    worker.process.kill()
    worker.process.wait()


def test_one_that_ends_all_the_time_is_given_up() -> None:
    worker = Worker("default", 4, lambda *_: process(""))
    for _ in range(MOST_ENDS):
        worker.process.wait()
        worker.look()
    worker.process.wait()
    with pytest.raises(ServiceError, match="worker of the queue default ended by itself with status 0, 4 times"):
        worker.look()
