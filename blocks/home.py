"""Where phasegate keeps its state: one folder, `PHASEGATE_HOME` (default `var/` beside the project)."""

import os
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parent.parent


def home() -> Path:
    """The state folder, made if it is not there, readable by its owner only.

    Raises StorageError if it cannot be made or written.
    """
    folder = Path(os.environ.get("PHASEGATE_HOME") or PROJECT_ROOT / "var").expanduser().resolve()
    return private_folder(folder)


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
