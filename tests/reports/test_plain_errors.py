"""The log of a run that failed, as Prefect writes it when a flow raises."""

import logging

import pytest

import flows
from blocks.errors import InputError, PhasegateError

WRONG = InputError("There is neither a brief nor a run.", do="fill in the brief.")
assert flows  # what every flow run imports


@pytest.fixture(params=["prefect.flow_runs", "prefect.task_runs"])
def logger(
    request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> logging.Logger:
    """One of Prefect's own, heard by the test alone."""
    logger = logging.getLogger(request.param)
    monkeypatch.setattr(logger, "handlers", [caplog.handler])
    monkeypatch.setattr(logger, "propagate", False)
    caplog.set_level(logging.INFO, logger.name)
    return logger


def log(logger: logging.Logger, error: Exception) -> None:
    try:
        raise error
    except Exception as raised:
        logger.exception("Encountered exception during execution: %r", raised)


def test_an_error_raised_on_purpose_is_its_own_words(logger: logging.Logger, caplog: pytest.LogCaptureFixture) -> None:
    log(logger, WRONG)
    assert caplog.messages == ["There is neither a brief nor a run.\nNext: fill in the brief."]
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("error", [KeyError("brief"), PhasegateError("100 % wrong")])
def test_nothing_is_lost(error: Exception, logger: logging.Logger, caplog: pytest.LogCaptureFixture) -> None:
    log(logger, error)
    assert str(error) in caplog.text
    assert ("Traceback" in caplog.text) == isinstance(error, KeyError)


def test_debugging_shows_every_traceback(logger: logging.Logger, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger.name)
    log(logger, WRONG)
    assert "Traceback" in caplog.text


@pytest.mark.parametrize("logger", ["prefect.flows"], indirect=True)
def test_what_was_filled_in_is_not_quoted(logger: logging.Logger, caplog: pytest.LogCaptureFixture) -> None:
    logger.error("Parameter validation failed for flow 'generator': []\nParameters: {'brief': 'a secret plan'}")
    logger.error("Another error")
    assert caplog.messages == ["Another error"]
