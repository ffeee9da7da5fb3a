"""The brief a fresh installation runs on: an invented firm, invented numbers."""

from functools import lru_cache
from pathlib import Path

from flows.generator.brief import GeneratorInput, load_input

SAMPLE = Path(__file__).parent / "veterinary-finance.json"


@lru_cache(maxsize=1)
def sample_input() -> GeneratorInput:
    return load_input(SAMPLE)
