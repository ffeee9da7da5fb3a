"""`make bench`: measures what issues and documentation promise, and compares it with what was accepted before.

    python -m tests.benchmarks [--only a,d] [--tokens 6000] [--smallest] [--accept]

Exit status 1 if a benchmark broke, a bound is missed or a ratio is worse than accepted.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from blocks.home import home
from tests.benchmarks import accepted
from tests.benchmarks.figures import SMALLEST, Figure, Sizes
from tests.benchmarks.machine import facts
from tests.benchmarks.running import BENCHMARKS, Outcome, run

console = Console(highlight=False)


def main(
    arguments: Sequence[str] | None = None,
    measure: Callable[[str, Sizes], Outcome] = run,
    file: Path = accepted.FILE,
) -> int:
    parser = _parser()
    given = parser.parse_args(arguments)
    sizes = SMALLEST if given.smallest else Sizes(**({"tokens": given.tokens} if given.tokens else {}))
    if given.accept and sizes != Sizes():
        parser.error("--accept is for whole sizes: ratios of others say nothing about later runs")
    machine, outcomes = facts(), []
    for letter in given.only:
        console.print(f"({letter}) {BENCHMARKS[letter].title} ...", style="dim")
        outcomes.append(measure(letter, sizes))
        console.print(f"({letter}) " + _sentence(outcomes[-1]))
        _store(outcomes[-1], {**machine, "load_afterwards": facts()["load"]}, sizes)
    worse = _compared(outcomes, sizes, file)
    _show(outcomes, machine, worse)
    failed = [outcome for outcome in outcomes if outcome.error or not (outcome.good or given.smallest)]
    if given.accept:
        _accept([outcome for outcome in outcomes if outcome not in failed], machine, file)
    return 1 if failed or (worse and not given.accept) else 0


def _accept(good: Sequence[Outcome], machine: dict[str, Any], file: Path) -> None:
    """What is broken or misses a bound is nothing to keep to."""
    if good:
        accepted.write(good, machine, file)
    console.print(f"Accepted: {', '.join(outcome.letter for outcome in good) or 'nothing'}")


def _compared(outcomes: Sequence[Outcome], sizes: Sizes, file: Path) -> list[str]:
    """What is worse than accepted. Says so where there is nothing to compare with."""
    if sizes != Sizes():
        console.print("Not compared: accepted ratios are of other sizes.", style="dim")
        return []
    before = accepted.read(file)
    if new := accepted.new(outcomes, before):
        console.print(f"Nothing accepted to compare with: {'; '.join(new)}. --accept keeps today's.", style="dim")
    if gone := accepted.unmeasured(outcomes, before):
        console.print(f"Accepted before and not measured today: {'; '.join(gone)}.", style="bold")
    return accepted.regressions(outcomes, before)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__.split("\n\n")[0])
    parser.add_argument("--only", type=_letters, default=list(BENCHMARKS), help="some of them, such as a,d")
    parser.add_argument("--tokens", type=int, help="of the window in (c); the ratio falls with it, the time rises")
    parser.add_argument("--smallest", action="store_true", help="run every line with sizes that say nothing")
    parser.add_argument("--accept", action="store_true", help="later runs are compared with these ratios")
    return parser


def _letters(text: str) -> list[str]:
    letters = [word.strip() for word in text.split(",")]
    if unknown := [letter for letter in letters if letter not in BENCHMARKS]:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(BENCHMARKS)}")
    return letters


def _store(outcome: Outcome, machine: dict[str, Any], sizes: Sizes) -> None:
    """Written as soon as it is measured, with its machine and sizes; what was measured of others before stays."""
    file = home() / "bench.json"
    kept = json.loads(file.read_text())["benchmarks"] if file.exists() else []
    measured = {
        **outcome.model_dump(mode="json", exclude={"figures"}),
        "figures": [{**one.model_dump(mode="json"), "met": one.met} for one in outcome.figures],
        "machine": machine,
        "sizes": sizes.model_dump(mode="json"),
    }
    others = [one for one in kept if one["letter"] != outcome.letter]
    result = sorted([*others, measured], key=lambda one: str(one["letter"]))
    file.write_text(json.dumps({"benchmarks": result}, indent=2, ensure_ascii=False) + "\n")
    console.print(f"Written: {file}", style="dim")


def _show(outcomes: Sequence[Outcome], machine: dict[str, Any], worse: Sequence[str]) -> None:
    table = Table("", "figure", "value", "wanted", "measured", box=None, pad_edge=False)
    for outcome in outcomes:
        table.add_row(
            f"[bold]{outcome.letter}[/]", f"[bold]{outcome.title}[/]", "", "", f"[dim]{outcome.seconds:.0f} s[/]"
        )
        if outcome.error:
            table.add_row("", "[bold red]broken[/]", "", "", escape(outcome.error))
        for one in outcome.figures:
            colour = "default" if one.met else "bold red"
            table.add_row(
                "", escape(one.name), f"[{colour}]{one.value:.3g} {one.unit}[/]", _wanted(one), escape(one.how)
            )
    console.print(table)
    console.print("; ".join(f"{name} {value}" for name, value in machine.items()), style="dim")
    for sentence in worse:
        console.print(f"Regression: {sentence}", style="bold red")


def _sentence(outcome: Outcome) -> str:
    """What people who wait are told at once."""
    found = "; ".join(f"{one.name}: {one.value:.3g} {one.unit}" for one in outcome.figures)
    return escape(f"{outcome.error or found} ({outcome.seconds:.0f} s)")


def _wanted(one: Figure) -> str:
    return "" if one.wanted is None else f"{'≤' if one.better == 'less' else '≥'} {one.wanted:g}"


if __name__ == "__main__":
    sys.exit(main())
