"""The last accepted figures, and whether today's are worse."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.figures import Figure
from tests.benchmarks.running import Outcome

FILE = Path(__file__).with_name("accepted.json")


def read(file: Path) -> Mapping[str, float]:
    """Benchmark and name of every accepted ratio -> its value; empty if nothing was accepted yet."""
    return dict(json.loads(file.read_text())["ratios"]) if file.exists() else {}


def write(outcomes: Sequence[Outcome], machine: Mapping[str, Any], file: Path) -> None:
    """Today's ratios are the accepted ones; those of benchmarks that were not run stay."""
    others = {key: ratio for key, ratio in read(file).items() if not _of(key, outcomes)}
    ratios = {**others, **{_key(each, one): round(one.value, 4) for each, one in _ratios(outcomes)}}
    file.write_text(json.dumps({"machine": machine, "ratios": dict(sorted(ratios.items()))}, indent=2) + "\n")


def new(outcomes: Sequence[Outcome], accepted: Mapping[str, float]) -> list[str]:
    """The ratios of today for which nothing was accepted."""
    keys = (_key(outcome, figure) for outcome, figure in _ratios(outcomes))
    return [key for key in keys if key not in accepted]


def unmeasured(outcomes: Sequence[Outcome], accepted: Mapping[str, float]) -> list[str]:
    """The accepted ratios of today's benchmarks that today does not have, as where PostgreSQL does not run."""
    keys = {_key(outcome, figure) for outcome, figure in _ratios(outcomes)}
    return [key for key in accepted if key not in keys and _of(key, outcomes)]


def _of(key: str, outcomes: Iterable[Outcome]) -> bool:
    return any(key.startswith(_key(outcome)) for outcome in outcomes)


def regressions(outcomes: Sequence[Outcome], accepted: Mapping[str, float]) -> list[str]:
    """A sentence for every ratio that is worse than the accepted one by more than its tolerance."""
    found = []
    for outcome, figure in _ratios(outcomes):
        before = accepted.get(_key(outcome, figure))
        if before is not None and _worse(figure, before) > figure.tolerance:
            found.append(
                f"({outcome.letter}) {figure.name} is {figure.value:.3g}, accepted is {before:.3g}: "
                f"{100 * _worse(figure, before):.0f} % worse, {100 * figure.tolerance:.0f} % are tolerated."
            )
    return found


def _worse(figure: Figure, before: float) -> float:
    """The share by which it is worse; negative if it is better."""
    now = figure.value
    return (now / before if figure.better == "less" else before / max(now, 1e-9)) - 1


def _ratios(outcomes: Iterable[Outcome]) -> list[tuple[Outcome, Figure]]:
    return [(outcome, figure) for outcome in outcomes for figure in outcome.figures if figure.compared]


def _key(outcome: Outcome, figure: Figure | None = None) -> str:
    return f"{outcome.letter}. {figure.name if figure else ''}"
