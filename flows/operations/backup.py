"""The database backed up and proven, old backups removed."""

from typing import Annotated

from prefect import flow, get_run_logger
from pydantic import Field

from flows.run_names import dated
from tasks.operations.backup import KEPT, back_up, prune
from tasks.records.database import engine


@flow(name="backup", flow_run_name=dated("backup"), retries=2, retry_delay_seconds=60, timeout_seconds=4 * 3600)
def backup(keep: Annotated[int, Field(ge=1, le=1000)] = KEPT) -> str:
    """Writes a backup into the state folder, proves it by restoring it into a scratch database, removes old ones.

    Args:
        keep: How many backups stay, the newest ones.

    Returns:
        The backup's file.
    """
    made = back_up(engine())
    rows, entries = made.contents.total, made.contents.rows.get("ledger", 0)
    get_run_logger().info("%s: %s rows and %s ledger entries, restored and compared", made.file, rows, entries)
    for old in prune(made.file.parent, max(keep, 1)):
        get_run_logger().info("removed %s", old.name)
    return str(made.file)
