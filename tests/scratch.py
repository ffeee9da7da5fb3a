"""Temporary files of the tests in memory where there is room: they lose nothing when a machine loses its power.

Databases wait for the disk at every commit, which would be a good part of the suite's time. Processes of pytest-xdist
inherit the place of the one that started them.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
PREFIX = "phasegate-tests-"
ROOM = 2 * 1024**3
"""Bytes that have to be free; the suite needs less than half of it."""


def has_room(place: Path, wanted: int = ROOM) -> bool:
    """Whether files of so many bytes may be written and programs be started there."""
    try:
        facts = os.statvfs(place)
    except OSError:
        return False
    return os.access(place, os.W_OK) and facts.f_bavail * facts.f_frsize >= wanted and not facts.f_flag & os.ST_NOEXEC


def use_memory() -> None:
    """From here on this process and those it starts make their temporary files there; a TMPDIR that is set stays."""
    if "TMPDIR" in os.environ:
        return
    remove_abandoned(MEMORY)
    if not has_room(MEMORY):
        return
    place = tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=MEMORY)
    os.chmod(place, 0o711)  # root's PostgreSQL runs as another user, who has to get to its folder in here
    os.environ["TMPDIR"] = tempfile.tempdir = place
    atexit.register(shutil.rmtree, place, ignore_errors=True)


def remove_abandoned(place: Path) -> None:
    """What processes that were killed have left there would stay in memory until the next start of the machine."""
    for left in place.glob(f"{PREFIX}*-*"):
        owner = left.name.removeprefix(PREFIX).partition("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists():
            shutil.rmtree(left, ignore_errors=True)
