"""The lineup that serves users, for tests that need it on one model."""

import contextlib
from collections.abc import Iterator

from blocks.lineups import Lineup
from flows.transitions.world import real_world
from tests import one_loop


@contextlib.contextmanager
def production_on(kind: type[Lineup], model: str) -> Iterator[None]:
    """Every role of the pipeline's `production` asks this block; what other tests had there is put back."""
    before = one_loop.run(real_world().blocks.lineup(kind.pipeline, "production"))
    one_loop.run(kind(**dict.fromkeys(kind.roles, model)).asave("production", overwrite=True))
    yield
    if before is None:
        one_loop.run(kind.adelete("production"))  # type: ignore[arg-type]
    else:
        one_loop.run(kind(**before).asave("production", overwrite=True))
