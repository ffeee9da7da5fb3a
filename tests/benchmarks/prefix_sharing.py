"""(c) What it saves to put the transcript first: all agents over one window on the embedded model, in both orders.

Five questions about one window, asked as the pipeline asks them (transcript first, instruction last) and then with the
instruction first, on the same server with the same short answers. With the transcript first, the model reads the window
once and then only each instruction; with the instruction first it reads everything five times.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from blocks.models import EmbeddedModel
from blocks.models.wire import Question
from flows.transcripts.agent import SYSTEM, Stretch
from flows.transcripts.agents import AGENTS
from flows.transcripts.samples import LONG
from tasks.answering.ask import Asking, Model
from tasks.answering.transport import new_client
from tasks.transcripts.reading import read_file
from tasks.transcripts.windows import windows
from tests.benchmarks.figures import RATIO, Figure, Sizes


@dataclass(frozen=True)
class Measured:
    prompt_tokens: int
    first: Sequence[float]
    """Seconds of each agent, transcript first."""
    last: Sequence[float]
    """Seconds of each agent, instruction first."""

    @property
    def ratio(self) -> float:
        return sum(self.first) / sum(self.last)


def prompts(tokens: int) -> list[tuple[str, str]]:
    """Transcript and instruction for every agent that reads windows."""
    window = windows(read_file(LONG).turns, tokens)[0]
    stretch = Stretch(window, 1, None, False)
    return [(stretch.text, f"# Task: {agent.name}\n\n{agent.window.task(stretch)}") for agent in AGENTS if agent.window]


async def measure(tokens: int, answer: int) -> Measured:
    block = EmbeddedModel(base_seconds=1800)
    with block.reach() as endpoint:
        async with new_client() as client:
            asking, model = Asking(client), Model("embedded", block, endpoint)

            async def ask(user: str) -> tuple[float, int]:
                began = time.perf_counter()
                asked = await asking.prose(model, replace(question, user=user))
                return time.perf_counter() - began, asked.prompt_tokens or 0

            question = Question(SYSTEM, "", answer, 0.7, 7)
            pairs = prompts(tokens)
            await ask("Say hello.")  # what is made once is made now
            first = [await ask(f"{text}\n\n{task}") for text, task in pairs]
            last = [await ask(f"{task}\n\n{text}") for text, task in pairs]
    return Measured(max(count for _, count in first), [one for one, _ in first], [one for one, _ in last])


def figures(sizes: Sizes) -> Sequence[Figure]:
    measured = asyncio.run(measure(sizes.tokens, sizes.answer_tokens))
    first, last = sum(measured.first), sum(measured.last)
    return [
        Figure(
            name="transcript first / instruction first", value=measured.ratio, unit=RATIO, wanted=0.5,
            how=f"{len(measured.first)} agents over prompts of up to {measured.prompt_tokens} tokens, embedded model: "
            f"{first:.1f} s and {last:.1f} s; the first agent {measured.first[0]:.1f} s, each other "
            f"{sum(measured.first[1:]) / max(1, len(measured.first) - 1):.1f} s",
        )
    ]  # fmt: skip
