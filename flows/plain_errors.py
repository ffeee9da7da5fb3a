"""What a run's log holds of an error raised on purpose: its own words, which say what to do, and no traceback.

A wrong value in a form is no defect, and the traceback that Prefect writes of every exception hides the sentence a person
needs. Exceptions that nobody foresaw keep theirs, and with PREFECT_LOGGING_LEVEL=DEBUG so does everything.
"""

import logging

from blocks.errors import PhasegateError

LOGGERS = ("prefect.flow_runs", "prefect.task_runs", "prefect.flows")
"""Where Prefect writes that a flow or a task failed, for the terminal and for the page of the run."""
QUOTING = "Parameter validation failed for flow"
"""Begins a record that quotes all that was filled in, a client's words too; one in plain words follows it."""


def speak_plainly() -> None:
    """From now on these logs are written so in this process."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(plainly)  # adding it twice is adding it once


def plainly(record: logging.LogRecord) -> bool:
    """Takes the traceback of one of our errors out of a record; whether the record is kept."""
    if logging.getLogger(record.name).isEnabledFor(logging.DEBUG):
        return True
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, PhasegateError):
        record.msg, record.args, record.exc_info = str(error), (), None
    return not str(record.msg).startswith(QUOTING)
