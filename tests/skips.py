"""What a skipped test is where everything is installed, as on CI."""

import os
from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With PHASEGATE_NO_SKIPS a skipped test is a failure: it would hide a missing service.

    The test itself fails, so that whoever runs again what failed runs it again too.
    """
    report = yield
    if report.skipped and os.environ.get("PHASEGATE_NO_SKIPS"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome, report.longrepr = "failed", f"{reason}, and PHASEGATE_NO_SKIPS is set: that is a failure."
    return report
