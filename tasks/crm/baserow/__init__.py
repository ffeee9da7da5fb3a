"""Baserow: the five tables made, checked and kept up to date."""

from tasks.crm.baserow.bootstrap import BootstrapReport, bootstrap
from tasks.crm.baserow.connection import Connection, Patience
from tasks.crm.baserow.live import open_tables
from tasks.crm.baserow.result import Reject, TableResult
from tasks.crm.baserow.schema import SchemaError
from tasks.crm.baserow.sync import connect, sync

__all__ = [
    "BootstrapReport",
    "Connection",
    "Patience",
    "Reject",
    "SchemaError",
    "TableResult",
    "bootstrap",
    "connect",
    "open_tables",
    "sync",
]
