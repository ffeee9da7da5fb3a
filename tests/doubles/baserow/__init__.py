"""A Baserow server for tests, as unkind as the real one."""

from tests.doubles.baserow.faults import Fault, answer, html_500, proxy
from tests.doubles.baserow.server import BaserowDouble, baserow

__all__ = ["BaserowDouble", "Fault", "answer", "baserow", "html_500", "proxy"]
