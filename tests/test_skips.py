"""A test that is skipped where everything is installed, as on CI, is a failure, also when what failed is run again."""

import os
import subprocess
import sys
from pathlib import Path

from blocks.home import PROJECT_ROOT

SUITE = """
import os, pytest

def test_of_a_service_that_is_missing():
    pytest.skip("no such service")

def test_that_is_unsteady():
    assert "STEADY" in os.environ
"""


def run_tests(suite: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    plugin = ["-p", "tests.skips", "-c", os.devnull, "--rootdir", str(suite.parent), "--confcutdir", str(suite.parent)]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *plugin, str(suite), *options],
        cwd=PROJECT_ROOT, env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **environment},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_what_was_skipped_fails_again_beside_an_unsteady_test(tmp_path: Path) -> None:
    suite = tmp_path / "test_suite.py"
    suite.write_text(SUITE)
    first = run_tests(suite, PHASEGATE_NO_SKIPS="1")
    again = run_tests(suite, "--last-failed", "--last-failed-no-failures", "none", PHASEGATE_NO_SKIPS="1", STEADY="1")
    assert "2 failed" in first.stdout
    assert "1 failed, 1 passed" in again.stdout
    assert "no such service, and PHASEGATE_NO_SKIPS is set" in again.stdout


def test_elsewhere_a_skipped_test_is_no_failure(tmp_path: Path) -> None:
    suite = tmp_path / "test_suite.py"
    suite.write_text(SUITE)
    assert run_tests(suite, PHASEGATE_NO_SKIPS="", STEADY="1").returncode == 0
