"""What a run leaves to read when its records cannot be read."""

import asyncio
import logging
from pathlib import Path

import pytest

from flows.generator.showing import show_run
from tasks.records.database import engine


def test_a_database_that_is_gone_in_the_middle_is_said_and_hides_no_other_error(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    opened = engine()
    opened.dispose()
    Path(str(opened.url.database)).write_bytes(b"no database at all " * 1000)
    logger = logging.getLogger("prefect.phasegate")
    logger.addHandler(caplog.handler)

    asyncio.run(show_run("some-run"))

    logger.removeHandler(caplog.handler)
    assert "The report could not be shown: The database" in caplog.text
