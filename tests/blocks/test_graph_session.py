"""What each transaction came to does not hang on how its session ends."""

import threading
from types import SimpleNamespace
from typing import Any

from blocks.graph_connection import Graph, Patience


def test_a_session_that_takes_too_long_to_close_is_no_outcome_more() -> None:
    class Session:
        def __enter__(self) -> "Session":
            return self

        def __exit__(self, *_: object) -> None:
            over.wait(30)

        def execute_write(self, work: Any) -> Any:
            return work(None)

    over, driver = threading.Event(), SimpleNamespace(session=lambda **_: Session())
    graph = Graph(driver, "crm", "the graph", Patience(seconds=0.1))  # type: ignore[arg-type]

    outcomes = list(graph.write_each([lambda _: 1, lambda _: 2]))
    over.set()

    assert outcomes == [1, 2]
