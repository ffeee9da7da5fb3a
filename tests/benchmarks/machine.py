"""Facts of the machine, and what processes use of it. Linux: it reads /proc."""

import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def facts() -> dict[str, Any]:
    """What a reader must know to judge the figures."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "processor": _processor(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "load": [round(one, 2) for one in os.getloadavg()],
    }


def _processor() -> str:
    found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.machine()


def descendants(pid: int) -> list[int]:
    """The process and all it has started that still run."""
    try:
        children = [int(word) for task in Path(f"/proc/{pid}/task").iterdir() for word in (task / "children").read_text().split()]  # fmt: skip
    except OSError:  # it has just ended
        return []
    return [pid, *(each for child in children for each in descendants(child))]


def processor_seconds(*pids: int) -> float:
    """Used so far by these processes, in user and in kernel mode."""
    ticks = os.sysconf("SC_CLK_TCK")
    used = 0.0
    for pid in pids:
        # The command's name stands in brackets and may hold blanks; user and system time are fields 14 and 15.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        used += (int(fields[11]) + int(fields[12])) / ticks
    return used


def resident_mb(pid: int | str = "self") -> float:
    """Memory the process holds now."""
    return _status("VmRSS", pid)


def peak_mb(pid: int | str = "self") -> float:
    """The most memory the process has held since it began, or since `forget_peak`."""
    return _status("VmHWM", pid)


def forget_peak() -> None:
    """From now on `peak_mb` of this process starts at what it holds now."""
    Path("/proc/self/clear_refs").write_text("5")


def _status(name: str, pid: int | str) -> float:
    found = re.search(rf"{name}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0
