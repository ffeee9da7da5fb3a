"""Settings of Prefect that phasegate relies on, put into the environment before Prefect is imported.

What a person has set already stays. The values are those that were measured to work: a fixed place for results, leases
that outlive a server, heartbeats every 30 s, so that the janitor starts a run again within some four minutes of its
process falling silent, a worker that looks every two seconds.
"""

import logging
import os
import zoneinfo

from blocks.errors import ConfigurationError
from blocks.home import folder

HEARTBEAT_SECONDS = "30"
"""The shortest that Prefect takes."""


def prefect_environment() -> dict[str, str]:
    """Name -> value of every setting phasegate wants, as far as the environment does not set it."""
    place = folder("prefect")
    wanted = {
        "PREFECT_HOME": str(place),
        "PREFECT_RESULTS_LOCAL_STORAGE_PATH": str(folder("prefect", "results")),
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": HEARTBEAT_SECONDS,
        "PREFECT_WORKER_QUERY_SECONDS": "2",
        # Events of task runs are stored twenty at a time, or after five seconds: one by one they are a third of what a run
        # costs the server.
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "20",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        "DO_NOT_TRACK": "1",
    }
    # The password of a server that is started from here is its clients' too: commands, worker and flow runs.
    if password := os.environ.get("PREFECT_SERVER_API_AUTH_STRING"):
        wanted["PREFECT_API_AUTH_STRING"] = password
    return {name: value for name, value in wanted.items() if name not in os.environ}


def apply_settings(quiet: bool = False) -> None:
    """Sets the environment of this process and of those it starts; `quiet` keeps Prefect's own log off the terminal."""
    os.environ.update(prefect_environment())
    if quiet:
        os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")
        os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
        # Prefect sets its log up with the first flow run. In a command without one, a client that ends with events still
        # to be sent would warn through Python's handler of last resort.
        logging.getLogger().addHandler(logging.NullHandler())


def default_timezone() -> str:
    """`PHASEGATE_TIMEZONE`, an IANA name such as Europe/Berlin; UTC where it is not set.

    Raises ConfigurationError for a zone that is not known here.
    """
    name = os.environ.get("PHASEGATE_TIMEZONE") or "UTC"
    try:
        return zoneinfo.ZoneInfo(name).key
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigurationError(
            f"PHASEGATE_TIMEZONE is {name!r}, which is no time zone known here.", means="no schedule was made.",
            do="use an IANA name such as Europe/Berlin, or leave it unset for UTC.",
        ) from error  # fmt: skip
