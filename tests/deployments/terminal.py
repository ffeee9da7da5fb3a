"""phasegate's commands as a person starts them: processes of their own, with their own state folder."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from blocks.home import PROJECT_ROOT

OURS = ("PREFECT_", "PHASEGATE_")


def environment(home: Path, api: str = "") -> dict[str, str]:
    """A shell's environment with this state folder, and with this Prefect server if one is named."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return plain | {"PHASEGATE_HOME": str(home), "COLUMNS": "160"} | ({"PREFECT_API_URL": api} if api else {})


def start(*arguments: str, env: Mapping[str, str], within: Sequence[str] = ()) -> subprocess.Popen[str]:
    """`within` goes before the command: what has it see another disk."""
    command = [*within, sys.executable, "-m", "deployments.command_line", *arguments]
    streams: Any = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}

    def in_a_terminal() -> None:
        # A shell's background jobs do not hear Ctrl-C, and what they start would not either.
        signal.signal(signal.SIGINT, signal.default_int_handler)

    streams["preexec_fn"] = in_a_terminal
    return subprocess.Popen(command, cwd=PROJECT_ROOT, env=dict(env), text=True, **streams)


def phasegate(
    *arguments: str, env: Mapping[str, str], seconds: float = 200, within: Sequence[str] = ()
) -> tuple[int, str]:
    """Exit status and everything that was printed."""
    with start(*arguments, env=env, within=within) as process:
        try:
            printed, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    return process.returncode, printed


def processes_of(home: Path) -> dict[int, str]:
    """Id -> command line of every process that lives with this state folder."""
    wanted, found = f"PHASEGATE_HOME={home}".encode(), {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (place / "environ").read_bytes().split(b"\0"):
                found[int(place.name)] = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
    return found


def all_gone(home: Path, seconds: float) -> bool:
    """Whether every process of this state folder has ended by then."""
    deadline = time.monotonic() + seconds
    while processes_of(home):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True
