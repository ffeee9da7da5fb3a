"""An end to waiting for calls that know none themselves."""

import queue
import threading
from collections.abc import Generator, Iterator
from typing import TypeVar

T = TypeVar("T")


def each_within(seconds: float, steps: Generator[T]) -> Iterator[T]:
    """What `steps` yields, each within so many seconds, taken one after the other by one thread.

    Raises what `steps` raises, and TimeoutError for a step that takes longer. Its thread is then left behind with it;
    it takes no further one, and closes `steps` when the slow step has come to its end.
    """
    came: queue.SimpleQueue[tuple[T] | BaseException | None] = queue.SimpleQueue()
    left_behind = threading.Event()

    def take() -> None:
        try:
            for value in steps:
                came.put((value,))
                if left_behind.is_set():
                    steps.close()
                    return
            came.put(None)
        except BaseException as error:
            came.put(error)

    threading.Thread(target=take, name="graph-call", daemon=True).start()
    try:
        while True:
            match _next(came, seconds):
                case None:
                    return
                case BaseException() as error:
                    raise error
                case (value,):
                    yield value
    finally:
        left_behind.set()


def _next(
    came: "queue.SimpleQueue[tuple[T] | BaseException | None]", seconds: float
) -> tuple[T] | BaseException | None:
    try:
        return came.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
