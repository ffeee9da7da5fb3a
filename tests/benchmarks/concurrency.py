"""(a) The generator as it runs, against the same run asked one question after the other, as the original system did.

The double waits before each answer as long as the original took, in proportion; see tests/generator/test_figures.py. One
after the other means a model block that allows one request at a time: same code, same questions, same delays.
"""

import asyncio
import time
from collections.abc import Sequence

from blocks.lineups import GeneratorLineup
from flows.generator.generate import generate
from flows.generator.samples import sample_input
from tests.benchmarks.figures import RATIO, Figure, Sizes
from tests.benchmarks.installation import installation
from tests.generator.delays import seconds
from tests.generator.scene import asked

WORDS = 600
"""Of the double's report; how long the report takes is in the delays, which are those of 5,500 words."""
AT_ONCE = 12


def figures(sizes: Sizes) -> Sequence[Figure]:
    with installation() as opened:
        serial = opened.lineup(GeneratorLineup, "serial", 1, report_words=WORDS)
        wide = opened.lineup(GeneratorLineup, "wide", AT_ONCE, report_words=WORDS)
        _run(wide)  # imports and connections are not what is measured
        scale = sizes.seconds_of_forty / 40
        opened.models.delay = lambda request: seconds(asked(request)) * scale
        after, together = _timed(serial), _timed(wide)
    return [
        Figure(
            name="all at once / one after the other", value=together / after, unit=RATIO, wanted=0.5,
            how=f"{together:.1f} s with {AT_ONCE} requests at a time, {after:.1f} s with one; forty seconds of the "
            f"original take {sizes.seconds_of_forty:g} s",
        )
    ]  # fmt: skip


def _run(lineup: str) -> None:
    asyncio.run(generate(sample_input(), lineup=lineup))


def _timed(lineup: str) -> float:
    began = time.perf_counter()
    _run(lineup)
    return time.perf_counter() - began
