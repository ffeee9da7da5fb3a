"""(g) How long commands and imports take to start, in processor time of the fastest of several starts.

What a command costs is put beside what nobody can avoid: Python itself for what needs no Prefect, and `import prefect` for
what does. Where the time goes is read from `python -X importtime`.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from blocks.home import PROJECT_ROOT, home
from tests.benchmarks.figures import RATIO, Figure, Sizes
from tests.deployments.terminal import environment

PYTHON = ("-c", "pass")
PREFECT = ("-c", "import prefect")
FLOWS = (
    "-c",
    "from flows.generator.generate import generate; from flows.transcripts.process import process_transcript",
)
HELP = ("-m", "deployments.command_line", "--help")
DOCTOR = ("-m", "deployments.command_line", "doctor")
LARGEST = 6


def figures(sizes: Sizes) -> Sequence[Figure]:
    python, prefect, flows, help_ = (
        min(_started(command)[0] for _ in range(sizes.starts)) for command in (PYTHON, PREFECT, FLOWS, HELP)
    )
    return [
        Figure(
            name="phasegate --help", value=1000 * help_, unit="ms", wanted=1000,
            how=f"processor time; Python alone {1000 * python:.0f} ms; largest imports: {_largest(HELP)}",
        ),
        Figure(
            name="phasegate --help / import prefect", value=help_ / prefect, unit=RATIO, wanted=0.5,
            how=f"import prefect takes {1000 * prefect:.0f} ms",
        ),
        Figure(
            name="import of both pipelines / of prefect", value=flows / prefect, unit=RATIO, wanted=2.5,
            how=f"processor time {flows:.2f} s and {prefect:.2f} s; largest imports: {_largest(FLOWS)}",
        ),
        _doctor(),
    ]  # fmt: skip


def _doctor() -> Figure:
    """Once from nothing: a Prefect server, the demo model and the graph are started and asked."""
    with tempfile.TemporaryDirectory() as place:
        processor, wall = _started(DOCTOR, environment(Path(place), os.environ.get("PREFECT_API_URL", "")))
        said = (home() / "starting.log").read_text()
    if "Traceback" in said:
        raise RuntimeError(f"phasegate doctor broke:\n{said}")
    return Figure(
        name="phasegate doctor, first time", value=processor, unit="s",
        how=f"processor time of the command; {wall:.0f} s of wall time, in which it starts everything it looks at",
    )  # fmt: skip


def _started(arguments: Sequence[str], env: Mapping[str, str] | None = None) -> tuple[float, float]:
    """Processor and wall seconds of a process from its start to its end, those it started not counted."""
    began = time.monotonic()
    with (home() / "starting.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=PROJECT_ROOT, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode and arguments != DOCTOR:  # which may find something; one that dies early looks fast
        raise subprocess.CalledProcessError(process.returncode, [sys.executable, *arguments])
    return used.ru_utime + used.ru_stime, time.monotonic() - began


def _largest(arguments: Sequence[str]) -> str:
    """The packages whose own modules take longest to import, with their milliseconds."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    )
    spent: dict[str, int] = {}
    for own, module in re.findall(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)", done.stderr):
        package = module.split(".")[0]
        spent[package] = spent.get(package, 0) + int(own)
    largest = sorted(spent, key=spent.__getitem__, reverse=True)[:LARGEST]
    return ", ".join(f"{package} {spent[package] / 1000:.0f} ms" for package in largest)
