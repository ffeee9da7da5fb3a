"""Files people look at, written whole or not at all."""

import contextlib
import os
import tempfile
from pathlib import Path

from blocks.errors import StorageError


def write_whole(path: Path, text: str) -> None:
    """The file appears, or replaces the one before it, when it is complete; line ends stay as they are in `text`.

    Raises StorageError, also for a full disk.
    """
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.stem[:80]}-", dir=path.parent)  # mode 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise StorageError(
            f"The file {path} cannot be written: {error.strerror}.",
            means="nothing of it was written, and a file that was there before is unchanged; what is in the database stays.",
            do="free the disk or correct the folder's permissions, then have it written again.",
        ) from error
