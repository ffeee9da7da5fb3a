"""An open graph: queries in, rows out, through the official driver, the same for Neo4j and the embedded server.

Three things are levelled here. Of two transactions that create the same key at once, Neo4j lets one wait; ArcadeDB
refuses one, with a constraint error the driver takes for final, or with a conflict the driver would retry after a whole
second: such a transaction is run again after a short random pause, a bounded number of times. Where conflicts are sure
to come, writers can be made to take turns. And the driver waits for ever on a server that holds a connection open but
says nothing: each call here has an end.
"""

import contextlib
import itertools
import logging
import random
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString, TypeVar

from neo4j import Driver, GraphDatabase, ManagedTransaction, Session, unit_of_work
from neo4j.exceptions import (
    AuthError,
    ConfigurationError,
    ConstraintError,
    CypherSyntaxError,
    DriverError,
    Neo4jError,
    ServiceUnavailable,
    SessionExpired,
    TransientError,
)

from blocks.errors import GraphError
from blocks.time_limit import each_within

SLOW_AT_MOST = 5
"""Then the same thing, a lock that somebody holds, stands in the way of the rest too: two hundred would wait for hours."""
T = TypeVar("T")
Row = dict[str, Any]


class GraphUnreachableError(GraphError):
    """No graph answers there, or it lets nobody in: no query can succeed until a person or time has changed that."""


class GraphSlowError(GraphUnreachableError):
    """The graph did not finish a call within the time limit; of another one it may."""


class GraphRefusedError(GraphError):
    """The graph answered and refused this query or these values; others may succeed."""


class GraphValueError(GraphRefusedError):
    """The graph refused these values, at every attempt: it will refuse them again until they or its own rules change."""


def pause_with_jitter(attempt: int) -> None:
    """Waits before attempt 1, 2, ...: at random up to 20 ms, 40 ms, ... 1 s, so that rivals do not meet again."""
    time.sleep(random.uniform(0, min(1.0, 0.01 * 2**attempt)))  # noqa: S311 - no secret


@dataclass(frozen=True)
class Patience:
    """How long to wait for the graph and how often to try a transaction that lost a race."""

    seconds: float = 60
    """For one query or transaction, from its first statement to its commit, all attempts together."""
    attempts: int = 12
    pause: Callable[[int], None] = pause_with_jitter

    def tries(self, error: Neo4jError | DriverError) -> int:
        """How often a call may be made that ends in this error: once, if it would end so again."""
        if isinstance(error, ConstraintError | TransientError) or _vanished(error):
            return self.attempts  # lost a race for a node
        return min(3, self.attempts) if error.is_retryable() else 1


@dataclass(frozen=True)
class Graph:
    """An open graph database. Made by `open_graph`; may be used by several threads."""

    driver: Driver
    database: str
    where: str
    """How messages call it: its address, or "the embedded graph"."""
    patience: Patience = Patience()
    turn: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext
    """Held while writing."""

    def read(self, query: LiteralString, **parameters: Any) -> list[Row]:
        """Rows of one query, in a managed read transaction."""
        work = unit_of_work(timeout=self.patience.seconds)(lambda tx: tx.run(query, parameters).data())

        def attempt() -> list[Row]:
            with self.driver.session(database=self.database) as session:
                return session.execute_read(work)

        return self._call(attempt)

    def define(self, query: LiteralString) -> None:
        """Runs a statement about the schema, which takes a transaction of its own."""

        def attempt() -> None:
            with self.turn(), self.driver.session(database=self.database) as session:
                session.run(query).consume()

        self._call(attempt)

    def write(self, work: Callable[[ManagedTransaction], T]) -> T:
        """What `work` returns, its queries committed together or not at all. It may be called more than once."""
        (outcome,) = self.write_each([work])
        if isinstance(outcome, GraphError):
            raise outcome
        return outcome

    def write_each(self, works: Sequence[Callable[[ManagedTransaction], T]]) -> Iterator[T | GraphError]:
        """What each work returns or the error that undid it, in this order, each in a transaction of its own.

        All in one turn and one session. One that takes too long costs itself only: its session is left to it, and the
        next gets another. After a graph that cannot be reached, or `SLOW_AT_MOST` that took too long, no more is tried.
        """
        with contextlib.ExitStack() as stack:
            with translated(self.where):
                self._within(lambda: stack.enter_context(self.turn()))
            left, slow = deque(works), 0
            while left:
                for outcome in self._in_a_session(list(left)):
                    if not left:
                        return  # all is done; only the session takes too long to close
                    left.popleft()
                    yield outcome
                    slow += isinstance(outcome, GraphSlowError)
                    gone = isinstance(outcome, GraphUnreachableError) and not isinstance(outcome, GraphSlowError)
                    if gone or slow == SLOW_AT_MOST:
                        return

    def _in_a_session(self, works: Sequence[Callable[[ManagedTransaction], T]]) -> Iterator[T | GraphError]:
        """The outcomes up to the first work that takes too long, or that finds the graph gone."""

        def outcomes() -> Generator[T | GraphError]:
            with self.driver.session(database=self.database) as session:
                for work in works:
                    yield (outcome := self._outcome(session, work))
                    if isinstance(outcome, GraphUnreachableError):
                        return

        try:
            yield from each_within(self.patience.seconds, outcomes())
        except TimeoutError:
            yield _slow(self.where, self.patience.seconds)

    def _outcome(self, session: Session, work: Callable[[ManagedTransaction], T]) -> T | GraphError:
        timed = unit_of_work(timeout=self.patience.seconds)(work)
        try:
            with translated(self.where):
                return self._try(lambda: session.execute_write(timed))
        except GraphError as error:
            return error

    def _call(self, attempt: Callable[[], T]) -> T:
        with translated(self.where):
            return self._within(lambda: self._try(attempt))

    def _within(self, function: Callable[[], T]) -> T:
        try:
            return next(each_within(self.patience.seconds, (call() for call in [function])))
        except TimeoutError as error:
            raise _slow(self.where, self.patience.seconds) from error

    def _try(self, attempt: Callable[[], T]) -> T:
        for number in itertools.count(1):
            try:
                return attempt()
            except (Neo4jError, DriverError) as error:
                if number >= self.patience.tries(error):
                    raise
            self.patience.pause(number)
        raise AssertionError("unreachable")


@contextlib.contextmanager
def open_graph(
    uri: str,
    user: str,
    password: str,
    database: str,
    *,
    where: str = "",
    patience: Patience = Patience(),
    turn: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext,
) -> Iterator[Graph]:
    """A connection to a graph that was seen to answer, closed at the end. Raises GraphUnreachableError."""
    where = where or f"the graph at {uri}"
    # The driver logs what it retries as warnings of its own; what matters is said by our errors.
    logging.getLogger("neo4j").setLevel(logging.ERROR)
    with _reached(where):
        driver = GraphDatabase.driver(
            uri,
            auth=(user, password),
            # Shorter than a call may take: that there is no server any more is then seen, not waited for.
            connection_timeout=min(5.0, patience.seconds / 2),
            connection_acquisition_timeout=min(10.0, patience.seconds / 2),
            max_transaction_retry_time=0,  # tried again by `Graph`, which knows more races than the driver does
            notifications_min_severity="OFF",  # "no such label yet" is not news on an empty graph
            user_agent="phasegate",
        )
    graph = Graph(driver, database, where, patience, turn)
    try:
        with _reached(where):
            graph.read("RETURN 1 AS answer")
        yield graph
    finally:
        with contextlib.suppress(DriverError, Neo4jError, OSError):
            driver.close()


@contextlib.contextmanager
def _reached(where: str) -> Iterator[None]:
    """Turns what the driver makes of an address that cannot be one, be it parsed or looked up, into GraphUnreachableError."""
    try:
        with translated(where):
            yield
    except (ValueError, OverflowError) as error:
        raise GraphUnreachableError(
            f"{where[0].upper()}{where[1:]} cannot be reached: that is no address of a server.",
            means="nothing was written to the graph; the database has it all.",
            do="correct the address in the graph block, such as bolt+s://graph.example:7687, then run the sync flow.",
        ) from error


_ABOUT_VALUES = ("Neo.ClientError.Statement.", "Neo.ClientError.Schema.ConstraintValidationFailed")
"""Beginnings of the status codes that speak of what a statement was given."""


def _vanished(error: Exception) -> bool:
    """A node was deleted by another transaction between being found and being used."""
    return isinstance(error, Neo4jError) and error.code == "Neo.ClientError.Statement.EntityNotFound"


def _slow(where: str, seconds: float) -> GraphError:
    return GraphSlowError(
        f"{where[0].upper()}{where[1:]} did not finish within {seconds:.0f} s.",
        means="what was under way is rolled back by the server or will be found written; the database has it all.",
        do="look at the graph server's load, or give it a longer time limit, then run the sync flow.",
    )


@contextlib.contextmanager
def translated(where: str) -> Iterator[None]:
    """Turns the driver's errors into GraphError.

    Messages carry the server's status code and never its text, which may quote the values of a person's data.
    """
    try:
        yield
    except (Neo4jError, DriverError, OSError) as error:
        raise _translation(error, where[0].upper() + where[1:]) from error


def _translation(error: Exception, where: str) -> GraphError:
    code = getattr(error, "code", None) or type(error).__name__
    catch_up = "then run the sync flow: it writes what is missing."
    if isinstance(error, AuthError):
        return GraphUnreachableError(
            f"{where} refused the user name or password ({code}).",
            means="nothing was written to the graph; the database has it all.",
            do=f"correct user and password of the graph block in the Prefect UI under Blocks, {catch_up}",
        )
    if isinstance(error, ServiceUnavailable | SessionExpired | OSError | ConfigurationError):
        return GraphUnreachableError(
            f"{where} does not answer ({code}).",
            means="nothing was written to the graph; the database has it all.",
            do=f"start the graph server or correct the address in the graph block, {catch_up}",
        )
    if code.startswith("Neo.ClientError.Database"):
        return GraphUnreachableError(
            f"{where} has no database of that name ({code}).",
            means="nothing was written to the graph; the database has it all.",
            do=f"create it, or correct the database name in the graph block, {catch_up}",
        )
    if isinstance(error, CypherSyntaxError):
        return GraphRefusedError(
            f"{where} does not understand a query ({code}).",
            means="it is not a server phasegate was tested with: Neo4j 5 or newer, or the embedded graph.",
            do="use one of these, or report the query in the server's log as a defect.",
        )
    if code.startswith(_ABOUT_VALUES) and not _vanished(error):
        return GraphValueError(
            f"{where} refused these values ({code}).",
            means="the transaction was rolled back as a whole; the database has it all.",
            do="look up the code in the graph server's log; if the graph has a rule of its own, remove it, else correct "
            "the value, then run `phasegate sync --refused-too`.",
        )
    return GraphRefusedError(
        f"{where} refused to write or read ({code}).",
        means="the transaction was rolled back as a whole; the database has it all.",
        do=f"look up the code in the graph server's log, {catch_up}",
    )
