"""A disk that really is full: memory, mounted where only its own processes see it, and taken up by somebody's files."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from blocks.home import PROJECT_ROOT

OWN_MOUNTS = ("--mount",) if os.geteuid() == 0 else ("--user", "--map-root-user", "--mount")
SIZE, OTHERS = 8_000_000, "somebody-elses"
BEGIN = f"""
mount -t tmpfs -o size={SIZE} phasegate "$1" && cp -a "$2/." "$1" && head -c "$3" /dev/zero > "$1/{OTHERS}" &&
echo mounted && exec cat
"""
"""What holds the mount: it lasts until nobody writes to this process any more."""


class SmallDisk:
    """A folder that is a disk of its own to every process begun with `entered`, and empty to all others."""

    def __init__(self, place: Path, holder: int) -> None:
        self.place = place
        user = ("--user", "--preserve-credentials") if "--user" in OWN_MOUNTS else ()
        # Whoever enters is at the root of the file system.
        self.entered = ("nsenter", f"--target={holder}", "--mount", *user, "env", f"--chdir={PROJECT_ROOT}")
        """In front of a command: it sees the disk."""

    def make_room(self) -> None:
        self._do("rm", str(self.place / OTHERS))

    def copy(self, target: Path) -> None:
        """Puts what lies on it into a folder that everybody sees, in place of what was there."""
        shutil.rmtree(target, ignore_errors=True)
        self._do("cp", "-a", f"{self.place}/.", str(target))

    def _do(self, *command: str) -> None:
        subprocess.run([*self.entered, *command], check=True)


@contextlib.contextmanager
def small_disk(place: Path, room: int, holding: Path) -> Iterator[SmallDisk]:
    """A disk with what lies in `holding`, and `room` bytes for that and all else. Skips the test where the system lets
    nobody mount one."""
    place.mkdir()
    command = ["unshare", *OWN_MOUNTS, "sh", "-c", BEGIN, "sh", str(place), str(holding), str(SIZE - room)]
    try:
        holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except FileNotFoundError:
        pytest.skip("A disk to fill needs Linux with `unshare` (util-linux).")
    with holder:
        assert holder.stdout
        assert holder.stderr
        if holder.stdout.readline() != b"mounted\n":
            pytest.skip(f"Nobody can mount a disk to fill here: {holder.stderr.read().decode().strip()}")
        yield SmallDisk(place, holder.pid)
