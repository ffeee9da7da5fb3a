"""`phasegate rollback` where there is nothing to take back: what scripts call twice in a row ends well each time."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from deployments.application import app
from flows.transitions.rollback import rollback
from tests import one_loop

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("own_environment", "prefect_api")]


def test_nothing_to_take_back_is_said_and_no_error(home: Path) -> None:
    result = CliRunner().invoke(app, ["rollback"])
    assert (result.exit_code, result.output) == (0, "No gate has changed anything: nothing had to be taken back.\n")


def test_the_flow_completes_too(home: Path) -> None:
    assert one_loop.run(rollback("grace")) == ""  # type: ignore[arg-type]
