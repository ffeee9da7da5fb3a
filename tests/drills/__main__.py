"""kill -9 of the command line, flow runs, the watch, the Prefect server and workers, at random moments of real work.

    python -m tests.drills [--kills 204] [--seed 6] [--most 12] [--fresh]      (`make drill DRILL="--kills 20"`)

Each round is one piece of work in a state folder of its own, lived and killed until it comes to its end; then everything
it left is counted. Rounds are written down one by one to `drills.json` in the state folder: a drill that was stopped goes
on after the last one if it is started again with the same seed and nothing in the code is different. One that is complete,
or found something, is over: the next begins anew. The seed decides stories, victims and moments; how far a process had come at
that moment is the machine's affair.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from deployments.tables import show_table
from tests.drills.findings import Drill, Findings, Round, code, gone_on

SCENES: Sequence[tuple[str, str, str, int]] = (
    ("generator, from a terminal", "generator", "from_a_terminal", 12),
    ("gate", "gate", "from_start_to_end", 3),
    ("transcript batch, from a terminal", "batch", "from_a_terminal", 12),
    ("generator, as a flow run", "generator", "as_a_flow_run", 12),
    ("gate", "gate", "from_start_to_end", 3),
    ("transcript batch, as a flow run", "batch", "as_a_flow_run", 12),
)
"""Name, module and function of each kind of round, in turn, and the most kills of one act of it."""
WORKERS: Sequence[tuple[str, str, str, int]] = (
    ("generator, with a worker", "generator", "with_a_worker", 2),
    ("gate, with a worker", "gate", "with_a_worker", 2),
    ("transcript batch, with a worker", "batch", "with_a_worker", 2),
)
"""In turn each ninth round, which is slow: processes that start anew. The third crash of a run the janitor leaves to people."""
WORKER_EVERY = 9


def kind(number: int) -> tuple[str, str, str, int]:
    """What round of this number is: see SCENES and WORKERS."""
    if number % WORKER_EVERY == WORKER_EVERY - 1:
        return WORKERS[number // WORKER_EVERY % len(WORKERS)]
    return SCENES[number % len(SCENES)]


def scene(number: int) -> tuple[str, Callable[..., Findings], int]:
    from importlib import import_module

    name, module, function, kills = kind(number)
    return name, getattr(import_module(f"tests.drills.{module}"), function), kills


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--kills", type=int, default=204, help="at least so many in all")
    options.add_argument("--seed", type=int, default=6)
    options.add_argument("--most", type=int, default=12, help="at most so many kills of one act")
    options.add_argument("--fresh", action="store_true", help="begin anew, whatever is kept")
    given = options.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    from blocks.home import home

    path = home() / "drills.json"
    drill = Drill(seed=given.seed, code=code())
    if not given.fresh:
        drill = gone_on(drill, path, given.kills)
    carry_out(drill, given.kills, path, given.most)
    show(drill)
    sys.exit(0 if drill.good else 1)


def carry_out(drill: Drill, kills: int, path: Path | None = None, most: int = 12) -> None:
    """Rounds, until there were so many kills; each is kept in `path` as soon as it is over."""
    with tempfile.TemporaryDirectory(prefix="phasegate-drill-") as folder:
        place = Path(folder)
        _prepare(place)
        from tests.drills.rig import rig

        with rig(place) as made:
            while drill.kills < kills:
                drill.rounds.append(_round(made, drill.seed, len(drill.rounds), most))
                if path:
                    path.write_text(drill.model_dump_json(indent=1))
                if drill.hopeless:
                    return


def _prepare(place: Path) -> None:
    """Before anything imports Prefect, which reads its settings once."""
    for name in [name for name in os.environ if name.startswith(("PREFECT_", "PHASEGATE_"))]:
        del os.environ[name]
    os.environ["PHASEGATE_HOME"] = str(place)
    from deployments.settings import apply_settings

    apply_settings(quiet=True)


def _round(made: object, seed: int, number: int, at_most: int) -> Round:
    from tests.drills.rig import Rig

    assert isinstance(made, Rig)
    name, work, most = scene(number)
    most = min(most, at_most)
    chance, began = random.Random(f"{seed}-{number}"), time.monotonic()
    made.begin(f"round-{number}", chance)
    findings = lived(lambda: work(made, chance.randint(max(1, most // 2), most)))
    done = Round(
        number=number, scene=name, kills=dict(made.kills), seconds=round(time.monotonic() - began, 1), findings=findings
    )
    told = "" if findings.good else f"  {findings.model_dump_json()}"
    sys.stdout.write(f"round {number}, {name}: killed {dict(made.kills)}, {done.seconds} s{told}\n")
    sys.stdout.flush()
    return done


def lived(work: Callable[[], Findings]) -> Findings:
    """What a round found. One that broke has lost its work, or nobody can tell: the same round may go well another time."""
    try:
        return work()
    except Exception:
        return Findings(lost=[traceback.format_exc()])


def show(drill: Drill) -> None:
    """A row for each kind of work: what was killed, what was found."""
    rows = []
    for name in [*dict.fromkeys(one.scene for one in drill.rounds), "all"]:
        mine = [one for one in drill.rounds if name in (one.scene, "all")]
        kills = sum((Counter(one.kills) for one in mine), Counter[str]())
        wrong = {what: sum(len(getattr(one.findings, what)) for one in mine) for what in Findings.model_fields}
        rows.append([name, str(len(mine)), _counted(kills), _counted(wrong)])
    title = f"{drill.kills} kills in {len(drill.rounds)} rounds, seed {drill.seed}, code {drill.code[:12]}"
    show_table(("work", "rounds", "killed", "found"), rows, prose=("killed", "found"), title=title)


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items() if count) or "nothing"


if __name__ == "__main__":
    main()
