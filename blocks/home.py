"""Where phasegate keeps its state: one folder, `PHASEGATE_HOME` (default `var/` beside the project)."""

import contextlib
import os
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parent.parent
STATE = ("phasegate.db", "prefect/prefect.db")
"""What lies in every state folder in use: the own database, or that of a Prefect server started from here."""


def home() -> Path:
    """The state folder, made if it is not there, readable by its owner only.

    One that was made before is closed to others while it is empty or if phasegate kept its state there; a folder with
    other things in it may be theirs, and on some mounts nobody can close it: the doctor tells of both. Raises StorageError if it cannot be made or written.
    """
    place = Path(os.environ.get("PHASEGATE_HOME") or PROJECT_ROOT / "var").expanduser().resolve()
    private_folder(place)
    facts = place.stat()
    with contextlib.suppress(OSError):
        if facts.st_mode & 0o077 and facts.st_uid == os.geteuid() and _is_ours(place):
            place.chmod(0o700)
    return place


def _is_ours(place: Path) -> bool:
    return any((place / name).exists() for name in STATE) or not any(place.iterdir())


def private_folder(folder: Path) -> Path:
    """`folder`, made if it is not there, for its owner only, as are the folders above it that are made on the way."""
    from blocks.errors import StorageError

    # For this process and those it starts: Prefect, SQLite and Java make files in here with modes of their own.
    os.umask(0o077)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"The folder {folder} cannot be made: {error.strerror}.",
            means="phasegate has no place for its database, models and reports.",
            do="free the disk or set PHASEGATE_HOME to a folder you may write to.",
        ) from error
    return folder


def folder(*parts: str) -> Path:
    """A folder below the state folder, made if it is not there."""
    return private_folder(home().joinpath(*parts))
