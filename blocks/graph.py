"""The graph store: a Neo4j server, or the graph embedded on this machine."""

import contextlib
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from prefect.blocks.core import Block
from pydantic import Field, SecretStr

from blocks.embedded_graph import embedded_graph, writers_turn
from blocks.errors import ServiceError

if TYPE_CHECKING:
    from blocks.graph_connection import Graph

EMBEDDED = "embedded"


class GraphStore(Block):
    """Where clients, meetings, deals and objections are kept as a graph."""

    _block_type_name = "Graph store"
    _block_type_slug = "phasegate-graph"
    _description = "A Neo4j server, or the graph embedded on this machine. A projection: the database holds the truth."

    uri: str = Field(
        EMBEDDED,
        title="Address",
        # No user:password@ in an address: addresses are shown in messages.
        pattern=r"^(embedded|(bolt|neo4j)(\+s|\+ssc)?://[^@\s]+)$",
        max_length=500,
        description='"embedded", or a Neo4j address such as bolt+s://graph.example:7687. With neo4j+s:// the password goes to '
        "every host this server names.",
    )
    user: str = Field("neo4j", title="User", max_length=200, description="Not used by the embedded graph.")
    password: SecretStr | None = Field(None, title="Password", description="Not used by the embedded graph.")
    database: str = Field(
        "neo4j",
        title="Database",
        pattern=r"^[A-Za-z][A-Za-z0-9.-]{0,62}$",
        description="Name of the Neo4j database. Not used by the embedded graph.",
    )
    seconds: int = Field(60, title="Time limit (seconds)", ge=1, le=3600, description="For one transcript.")

    @contextlib.contextmanager
    def connect(self) -> Iterator["Graph"]:
        """The open graph. The embedded one is started if need be and stays at least as long as this context.

        Raises GraphUnreachableError.
        """
        # The driver takes seconds to import; whoever only names this block does without it.
        from blocks.graph_connection import GraphUnreachableError, Patience, open_graph

        patience = Patience(seconds=self.seconds)
        if self.uri != EMBEDDED:
            password = self.password.get_secret_value() if self.password else ""
            with open_graph(self.uri, self.user, password, self.database, patience=patience) as graph:
                yield graph
            return
        server = embedded_graph()
        for last in (False, True):
            with contextlib.ExitStack() as stack:
                try:
                    facts = stack.enter_context(server.lease())
                    graph = stack.enter_context(
                        open_graph(
                            facts["uri"],
                            facts["user"],
                            facts["password"],
                            facts["database"],
                            where="the embedded graph",
                            patience=patience,
                            turn=partial(writers_turn, server.place),
                        )
                    )
                except GraphUnreachableError:
                    if last:
                        raise
                    continue  # it was killed while it was looked for; the next lease finds it gone and starts another
                except ServiceError as error:
                    raise GraphUnreachableError(error.happened, means=error.means, do=error.do) from error
                yield graph
                return
