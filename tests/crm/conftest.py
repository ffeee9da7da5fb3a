"""The graph servers the graph's tests run on: the embedded one for real, and Neo4j where one is named."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from blocks.embedded_graph import embedded_graph
from blocks.graph_connection import Graph, open_graph
from blocks.local_process import stop
from tasks.crm.graph import cypher
from tasks.crm.graph.check import graph_counts

SERVERS = ["embedded", "neo4j"] if os.environ.get("NEO4J_URI") else ["embedded"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if "neo4j" not in SERVERS:
        terminalreporter.write_line(
            "The graph's tests ran on the embedded server only. To run them on Neo4j too, name an empty database with "
            "NEO4J_URI, NEO4J_USER, NEO4J_PASSWORD and NEO4J_DATABASE."
        )


@pytest.fixture(scope="session")
def embedded_facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Connection facts of an embedded graph of this session's own, ended with the session."""
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PHASEGATE_HOME", str(tmp_path_factory.mktemp("graph")))
            facts = stack.enter_context(embedded_graph().lease())
        stack.callback(stop, facts["pid"])
        yield facts


@pytest.fixture(scope="session", params=SERVERS)
def connected(request: pytest.FixtureRequest) -> Iterator[Graph]:
    with ExitStack() as stack:
        if request.param == "embedded":
            facts = request.getfixturevalue("embedded_facts")
            yield stack.enter_context(open_graph(facts["uri"], facts["user"], facts["password"], facts["database"]))
            return
        user, password = os.environ.get("NEO4J_USER", "neo4j"), os.environ.get("NEO4J_PASSWORD", "")
        database = os.environ.get("NEO4J_DATABASE", "neo4j")
        graph = stack.enter_context(open_graph(os.environ["NEO4J_URI"], user, password, database))
        assert not any(graph_counts(graph).nodes.values()), "the tests empty the graph: name a database without data"
        yield graph


@pytest.fixture
def graph(connected: Graph) -> Iterator[Graph]:
    """An empty graph."""
    yield connected
    empty(connected)


def empty(graph: Graph) -> None:
    for label in cypher.KEYS:
        graph.define(f"MATCH (n:{label}) DETACH DELETE n")
