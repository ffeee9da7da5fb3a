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
    """`folder`, made with mode 0700 if it is not there."""
    from blocks.errors import StorageError

    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
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
