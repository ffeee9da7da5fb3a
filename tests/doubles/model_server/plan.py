"""Which faults are still to come."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from tests.doubles.model_server.asked import AskedRequest
from tests.doubles.model_server.faults import Fault

Condition = Callable[[AskedRequest], bool]


@dataclass
class _Planned:
    fault: Fault
    left: int | None
    when: Condition


class FaultPlan:
    """Faults in the order they were planned, each with a condition and a number of times; safe between threads."""

    def __init__(self) -> None:
        self._planned: list[_Planned] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault, times: int | None, when: Condition) -> None:
        with self._lock:
            self._planned.append(_Planned(fault, times, when))

    def clear(self) -> None:
        with self._lock:
            self._planned.clear()

    def due(self, asked: AskedRequest) -> Fault | None:
        """The first fault that fits the question; it counts as used."""
        with self._lock:
            found = next((planned for planned in self._planned if planned.when(asked)), None)
            if found is None:
                return None
            if found.left is not None:
                found.left -= 1
                if found.left <= 0:
                    self._planned.remove(found)
            return found.fault
